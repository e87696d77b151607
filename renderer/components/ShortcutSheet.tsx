// Every shortcut on one sheet. `?`
import { useLayout } from '../stores/layout.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { Keys } from '../ui/Keys.tsx'
import styles from './ShortcutSheet.module.css'

const sheet: readonly { readonly title: string; readonly keys: readonly (readonly [keys: string, does: string])[] }[] = [
  { title: 'Everywhere', keys: [['Mod+K', 'Command palette'], ['Mod+,', 'Settings'], ['?', 'This sheet'], ['Esc', 'Close']] },
  { title: 'Editor', keys: [['Mod+Enter', 'Run selection, else statement at cursor'], ['Mod+Shift+Enter', 'Run all'], ['Esc', 'Cancel the run'], ['Mod+.', 'Cancel the run'], ['Mod+/', 'Comment lines'], ['Mod+F', 'Find'], ['Ctrl+M', 'Tab key moves the focus, or indents'], ['F2', 'Rename the tab in focus'], ['Delete', 'Close the tab in focus']] },
  { title: 'Results', keys: [['↑ ↓ ← →', 'Move'], ['Mod+Home', 'First cell'], ['Mod+End', 'Last cell'], ['Enter', 'Show the whole cell'], ['Mod+C', 'Copy the cell'], ['Mod+Shift+C', 'Copy the row'], ['Alt+→', 'Widen the column'], ['Alt+←', 'Narrow the column']] },
  { title: 'Approvals', keys: [['j', 'Next'], ['k', 'Previous'], ['Enter', 'Open'], ['a', 'Approve'], ['d', 'Deny'], ['s', 'Shorten'], ['u', 'Back to the list']] },
  { title: 'Terminal', keys: [['Ctrl+Shift+↑', 'Leave it, to its tabs'], ['↓', 'From its tab, back in'], ['Ctrl+Shift+C', 'Copy the selection'], ['Ctrl+Shift+V', 'Paste'], ['Ctrl+Shift+F', 'Find'], ['Ctrl+Shift+K', 'Command palette'], ['Delete', 'Close the tab in focus']] },
  { title: 'Schema', keys: [['→', 'Open a branch'], ['←', 'Close it'], ['Enter', 'First 100 rows, or insert a column'], ['Alt+Enter', 'Insert the table’s name']] },
]

export function ShortcutSheet() {
  const isOpen = useLayout((store) => store.isShortcutSheetOpen)
  return (
    <Dialog title="Keyboard shortcuts" isOpen={isOpen} width="wide" onClose={() => useLayout.setState({ isShortcutSheetOpen: false })}>
      <div className={styles['sheet']}>
        {sheet.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>{keys.map(([combination, does]) => <div key={combination}><dt>{does}</dt><dd><Keys keys={combination} /><span className="visually-hidden">{combination}</span></dd></div>)}</dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}


// Everything by name: places, connections, what the page can do, the theme. Ctrl/Cmd+K.
import { Dialog } from '@base-ui/react/dialog'
import { Command } from 'cmdk'
import { Boxes, CheckCheck, History, Keyboard, LogOut, Moon, Monitor, PanelLeft, Play, Plug, Plus, Search, Settings as Gear, Square, SquareTerminal, Sun } from 'lucide-react'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import { giveAppCommand } from '../lib/app-commands.ts'
import { useConnections } from '../lib/queries.ts'
import { connectionOf, paths } from '../lib/routes.ts'
import { visibleText } from '../../shared/visible.ts'
import { layout, useLayout } from '../stores/layout.ts'
import { signIn } from '../stores/login.ts'
import { changeSettings } from '../stores/settings.ts'
import { clusterTabs, resourcesTab, terminals, useTerminals } from '../stores/terminals.ts'
import { Keys } from '../ui/Keys.tsx'
import styles from './CommandPalette.module.css'
import { KindIcon } from './KindIcon.tsx'

interface Action { readonly label: string; readonly icon: ReactNode; readonly keys?: string; readonly words?: string; readonly run: () => void }

const pageActions: readonly Action[] = [
  { label: 'Run statement at cursor', icon: <Play size={14} />, keys: 'Mod+Enter', words: 'execute query selection', run: () => giveAppCommand('run-cursor') },
  { label: 'Run all statements', icon: <Play size={14} />, keys: 'Mod+Shift+Enter', words: 'execute', run: () => giveAppCommand('run-all') },
  { label: 'Cancel', icon: <Square size={14} />, keys: 'Mod+.', words: 'stop abort', run: () => giveAppCommand('cancel') },
  { label: 'New editor tab', icon: <Plus size={14} />, run: () => giveAppCommand('new-tab') },
  { label: 'Show or hide schema', icon: <PanelLeft size={14} />, words: 'tree tables sidebar', run: () => giveAppCommand('toggle-tree') },
  { label: 'Connect with psql', icon: <SquareTerminal size={14} />, words: 'native client command', run: () => giveAppCommand('psql') },
]

const clusterActions = (connection: string): readonly Action[] => [
  { label: 'New terminal', icon: <Plus size={14} />, words: 'shell tab kubectl', run: () => void terminals.add(connection) },
  { label: 'Find in the terminal', icon: <Search size={14} />, keys: 'Ctrl+Shift+F', words: 'search', run: () => useTerminals.setState({ finding: clusterTabs(connection).active }) },
  { label: 'Resources', icon: <Boxes size={14} />, words: 'pods deployments logs events', run: () => terminals.activate(connection, resourcesTab) },
]

const themes: readonly Action[] = [
  { label: 'Theme: light', icon: <Sun size={14} />, words: 'appearance', run: () => void changeSettings({ theme: 'light' }) },
  { label: 'Theme: dark', icon: <Moon size={14} />, words: 'appearance', run: () => void changeSettings({ theme: 'dark' }) },
  { label: 'Theme: system', icon: <Monitor size={14} />, words: 'appearance', run: () => void changeSettings({ theme: 'system' }) },
]

const close = () => useLayout.setState({ isPaletteOpen: false })

export function CommandPalette() {
  const isOpen = useLayout((store) => store.isPaletteOpen)
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => useLayout.setState({ isPaletteOpen: open })}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles['backdrop']} />
        <Dialog.Popup className={styles['popup']} aria-label="Command palette"><Palette /></Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Palette() {
  const [path, navigate] = useLocation()
  const connections = useConnections().data ?? []
  const here = path.startsWith(`${paths.connections}/`) ? connections.find(({ name }) => name === connectionOf(path)) : undefined
  const places: readonly Action[] = [
    { label: 'Connections', icon: <Plug size={14} />, run: () => navigate(paths.connections) },
    { label: 'Approvals', icon: <CheckCheck size={14} />, words: 'inbox approve deny access grant', run: () => navigate(paths.approvals) },
    { label: 'Sessions', icon: <History size={14} />, words: 'recordings audit', run: () => navigate(paths.sessions) },
    { label: 'Settings', icon: <Gear size={14} />, keys: 'Mod+,', run: () => navigate(paths.settings) },
    { label: 'Keyboard shortcuts', icon: <Keyboard size={14} />, keys: '?', run: layout.openShortcuts },
    { label: 'Sign out', icon: <LogOut size={14} />, run: () => void signIn.out() },
  ]
  return (
    <Command label="Command palette" loop className={styles['command']}>
      <Command.Input placeholder="Where to, or what to do?" className={styles['input']} autoFocus />
      <Command.List className={styles['list']}>
        <Command.Empty className={styles['empty']}>Nothing by that name.</Command.Empty>
        {here !== undefined && <Group heading="This page" actions={here.kind === 'kubernetes' ? clusterActions(here.name) : pageActions} />}
        {connections.length > 0 && (
          <Command.Group heading="Connections" className={styles['group']}>
            {connections.map(({ name, kind, labels }) => (
              <Item key={name} action={{ label: `Open ${visibleText(name)}`, icon: <KindIcon kind={kind} size={14} />, words: Object.values(labels).join(' '), run: () => navigate(paths.sql(name)) }} />
            ))}
          </Command.Group>
        )}
        <Group heading="Go to" actions={places} />
        <Group heading="Appearance" actions={themes} />
      </Command.List>
    </Command>
  )
}

const Group = ({ heading, actions }: { readonly heading: string; readonly actions: readonly Action[] }) => (
  <Command.Group heading={heading} className={styles['group']}>{actions.map((action) => <Item key={action.label} action={action} />)}</Command.Group>
)

const Item = ({ action }: { readonly action: Action }) => (
  <Command.Item value={action.label} keywords={action.words === undefined ? [] : [action.words]} className={styles['item']} onSelect={() => { close(); action.run() }}>
    {action.icon}<span>{action.label}</span>{action.keys !== undefined && <Keys keys={action.keys} />}
  </Command.Item>
)

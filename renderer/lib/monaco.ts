// Monaco with our grammar of PostgreSQL and the few features a SQL editor needs, bundled with its worker: no CDN, no eval. Loaded with the
// first SQL page, never before. One completion provider serves all models; each model brings its own source of names.
import 'monaco-editor/features/codeEditor/register'
import 'monaco-editor/features/codicon/register'
import 'monaco-editor/features/bracketMatching/register'
import 'monaco-editor/features/caretOperations/register'
import 'monaco-editor/features/clipboard/register'
import 'monaco-editor/features/comment/register'
import 'monaco-editor/features/contextmenu/register'
import 'monaco-editor/features/cursorUndo/register'
import 'monaco-editor/features/find/register'
import 'monaco-editor/features/folding/register'
import 'monaco-editor/features/hover/register'
import 'monaco-editor/features/indentation/register'
import 'monaco-editor/features/linesOperations/register'
import 'monaco-editor/features/multicursor/register'
import 'monaco-editor/features/placeholderText/register'
import 'monaco-editor/features/smartSelect/register'
import 'monaco-editor/features/snippet/register'
// The suggest feature registers only what shows suggestions inline; the widget is this.
import 'monaco-editor/editor/contrib/suggest/browser/suggestController'
import 'monaco-editor/features/toggleTabFocusMode/register'
import 'monaco-editor/features/unicodeHighlighter/register'
import 'monaco-editor/features/unusualLineTerminators/register'
import 'monaco-editor/features/wordHighlighter/register'
import 'monaco-editor/features/wordOperations/register'
// Vite's `?worker` makes the default export.
// oxlint-disable-next-line import/default
import EditorWorker from 'monaco-editor/editor/editor.worker?worker'
import { editor, languages, type IRange, type Position } from 'monaco-editor/editor/editor.api'
import { completionsAt, type Completion, type Known } from './completions.ts'
import { configuration, grammar } from './pgsql-grammar.ts'
import type { SchemaTree } from '../../shared/ipc.ts'

export const language = 'pgsql'

const names = new WeakMap<editor.ITextModel, Known>()

export const giveNames = (model: editor.ITextModel, tree: SchemaTree | undefined, masked: readonly string[] = []): void => {
  if (tree !== undefined) names.set(model, { tree, masked: new Set(masked) })
}

const kinds: Readonly<Record<Completion['kind'], languages.CompletionItemKind>> = {
  schema: languages.CompletionItemKind.Module, relation: languages.CompletionItemKind.Struct, column: languages.CompletionItemKind.Field,
  keyword: languages.CompletionItemKind.Keyword, alias: languages.CompletionItemKind.Variable,
}

function suggest(model: editor.ITextModel, position: Position): languages.CompletionList {
  const word = model.getWordUntilPosition(position)
  const range: IRange = { startLineNumber: position.lineNumber, endLineNumber: position.lineNumber, startColumn: word.startColumn, endColumn: word.endColumn }
  const found = completionsAt(model.getValue(), model.getOffsetAt(position), names.get(model) ?? { tree: { schemas: [] }, masked: new Set() })
  return { suggestions: found.map((item) => ({ label: { label: item.label, description: item.detail }, insertText: item.insert, kind: kinds[item.kind], sortText: item.sort, range })) }
}

function defineThemes(): void {
  const sides = {
    light: { base: 'vs', text: '1a1b1e', keyword: '0a625d', string: '8a4b08', number: '1c5bb5', comment: '6d7077', name: '5f3bb0' },
    dark: { base: 'vs-dark', text: 'e9eaec', keyword: '5fd0c5', string: 'e8b36b', number: '8ab8ff', comment: '868a93', name: 'c3b0f7' },
  } as const
  for (const [side, colour] of Object.entries(sides)) {
    const isDark = side === 'dark'
    editor.defineTheme(`gatehouse-${side}`, {
      base: colour.base, inherit: true,
      rules: [
        { token: '', foreground: colour.text }, { token: 'keyword', foreground: colour.keyword }, { token: 'operator', foreground: colour.text },
        { token: 'type', foreground: colour.number }, { token: 'string', foreground: colour.string }, { token: 'number', foreground: colour.number },
        { token: 'comment', foreground: colour.comment, fontStyle: 'italic' }, { token: 'predefined', foreground: colour.name }, { token: 'delimiter', foreground: colour.text },
      ],
      colors: {
        'editor.background': isDark ? '#17181b' : '#ffffff', 'editorGutter.background': isDark ? '#17181b' : '#ffffff',
        'editor.foreground': `#${colour.text}`, 'editorBracketHighlight.foreground1': `#${colour.text}`, 'editorBracketHighlight.foreground2': `#${colour.text}`, 'editorBracketHighlight.foreground3': `#${colour.text}`, 'editorLineNumber.foreground': isDark ? '#80848d' : '#74777e', 'editorLineNumber.activeForeground': isDark ? '#adb0b8' : '#52555c',
        'editor.lineHighlightBorder': '#00000000', 'editor.lineHighlightBackground': '#00000000', 'editorCursor.foreground': isDark ? '#5fd0c5' : '#0b6b65',
        'editor.selectionBackground': isDark ? '#1f5f5a' : '#b9e3df', 'editor.inactiveSelectionBackground': isDark ? '#234442' : '#dcefed',
        'editorWidget.background': isDark ? '#1f2125' : '#ffffff', 'editorWidget.border': isDark ? '#3a3d44' : '#dddddb', 'focusBorder': '#00000000',
        'editorSuggestWidget.selectedBackground': isDark ? '#15403c' : '#dcefed', 'editorSuggestWidget.selectedForeground': isDark ? '#ffffff' : '#1a1b1e',
        'editorSuggestWidget.highlightForeground': isDark ? '#5fd0c5' : '#0a625d', 'editorSuggestWidget.focusHighlightForeground': isDark ? '#5fd0c5' : '#0a625d',
        'scrollbar.shadow': '#00000000', 'editorError.foreground': isDark ? '#ff9187' : '#b3261e', 'editorPlaceholder.foreground': isDark ? '#8f939c' : '#676a72',
      },
    })
  }
}

self.MonacoEnvironment = { getWorker: () => new EditorWorker() }
languages.register({ id: language })
languages.setMonarchTokensProvider(language, grammar)
languages.setLanguageConfiguration(language, configuration)
languages.registerCompletionItemProvider(language, { triggerCharacters: ['.'], provideCompletionItems: suggest })
defineThemes()

export * as monaco from 'monaco-editor/editor/editor.api'

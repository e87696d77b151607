// A terminal's screen: xterm with what Gatehouse adds and takes away, kept alive while its tab lives, shown wherever its element is
// put. Loaded with the first terminal, never before.
import { FitAddon } from '@xterm/addon-fit'
import { SearchAddon, type ISearchOptions } from '@xterm/addon-search'
import { Unicode11Addon } from '@xterm/addon-unicode11'
import { WebLinksAddon } from '@xterm/addon-web-links'
import { WebglAddon } from '@xterm/addon-webgl'
import { Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import type { TerminalSettings } from '../../shared/ipc.ts'
import { needsAsking, pasteOf, type Paste } from './paste.ts'
import { isMac } from './platform.ts'
import { guardParser } from './terminal-guard.ts'
import { terminalTheme } from './terminal-theme.ts'

export interface Size { readonly cols: number; readonly rows: number }

export interface ScreenOptions {
  readonly label: string
  readonly settings: TerminalSettings
  readonly isDark: boolean
  /** Shown, not typed into: a recording. */
  readonly isReadOnly?: boolean
  readonly size?: Size
  readonly onInput: (bytes: Uint8Array) => void
  readonly onResize: (size: Size) => void
  /** So many bytes of what was written are on the screen. */
  readonly onShown: (bytes: number) => void
  /** A paste that a person should see first; `go` pastes it. */
  readonly onAsk: (paste: Paste, go: () => void) => void
  readonly onLink: (url: string) => void
  /** The key that leaves the terminal. */
  readonly onLeave: () => void
  readonly onFind: () => void
}

const fontFamily = () => getComputedStyle(document.documentElement).getPropertyValue('--font-mono') || 'monospace'
const encoder = new TextEncoder()
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

export class TerminalScreen {
  readonly element = document.createElement('div')
  readonly #terminal: Terminal
  readonly #fit = new FitAddon()
  readonly #search = new SearchAddon()
  readonly #options: ScreenOptions
  #isOpen = false
  #settings: TerminalSettings

  constructor(options: ScreenOptions) {
    this.#options = options
    this.#settings = options.settings
    const { settings, isDark, isReadOnly = false, size = { cols: 80, rows: 24 } } = options
    this.#terminal = new Terminal({
      ...size, allowProposedApi: true, disableStdin: isReadOnly, cursorBlink: false, cursorInactiveStyle: isReadOnly ? 'none' : 'outline', fontFamily: fontFamily(), fontSize: settings.fontSize, lineHeight: 1.2,
      scrollback: settings.scrollback, screenReaderMode: settings.hasScreenReader, theme: terminalTheme(isDark), minimumContrastRatio: 4.5,
      macOptionIsMeta: true, rightClickSelectsWord: false, linkHandler: { activate: () => undefined }, logLevel: 'off',
    })
    guardParser(this.#terminal.parser)
    this.#terminal.loadAddon(this.#fit)
    this.#terminal.loadAddon(this.#search)
    this.#terminal.loadAddon(new Unicode11Addon())
    this.#terminal.unicode.activeVersion = '11'
    // A click alone opens nothing: a program chose what stands there.
    this.#terminal.loadAddon(new WebLinksAddon((event, url) => { if (isMac ? event.metaKey : event.ctrlKey) options.onLink(url) }))
    // Of a screen that is only shown, answers to questions go nowhere.
    this.#terminal.onData((text) => options.onInput(encoder.encode(text)))
    this.#terminal.onBinary((text) => options.onInput(latin1(text)))
    this.#terminal.onResize(({ cols, rows }) => options.onResize({ cols, rows }))
    this.#terminal.onSelectionChange(() => this.#copySelected())
    this.#terminal.attachCustomKeyEventHandler((event) => this.#isOurs(event))
    this.element.style.height = '100%'
    // Before xterm, which pastes at once.
    this.element.addEventListener('paste', (event) => this.#paste(event), { capture: true })
  }

  get size(): Size {
    return { cols: this.#terminal.cols, rows: this.#terminal.rows }
  }

  /** Puts it into the page; the place must be there. */
  mount(host: HTMLElement): void {
    host.append(this.element)
    if (this.#isOpen) return
    this.#isOpen = true
    this.#terminal.open(this.element)
    this.#terminal.textarea?.setAttribute('aria-label', this.#options.label)
    this.#draw()
  }

  /** WebGL where there is one; what xterm draws with by itself elsewhere, and after the graphics were lost. */
  #draw(): void {
    try {
      const webgl = new WebglAddon()
      webgl.onContextLoss(() => webgl.dispose())
      this.#terminal.loadAddon(webgl)
    } catch {
      // No WebGL 2 here: nothing to be done, and nothing lost but speed.
    }
  }

  /** To the size of its place; a place without one (hidden) changes nothing. */
  fit(): void {
    const size = this.#fit.proposeDimensions()
    if (size !== undefined && size.cols >= 2 && size.rows >= 1) this.#terminal.resize(size.cols, size.rows)
  }

  resize({ cols, rows }: Size): void {
    this.#terminal.resize(cols, rows)
  }

  write(bytes: Uint8Array): void {
    this.#terminal.write(bytes, () => this.#options.onShown(bytes.length))
  }

  /** A line of ours, between sessions; never while a program runs that could have written it. */
  rule(text: string): void {
    this.#terminal.write(`\u001b[0m\r\n\u001b[2m── ${text} ──\u001b[0m\r\n`)
  }

  reset(): void {
    this.#terminal.reset()
  }

  /** Types it, as a person would: it stands at the prompt and does not run. */
  type(text: string): void {
    this.#terminal.paste(pasteOf(text).text.replaceAll(/[\r\n]+/g, ' '))
  }

  paste(text: string): void {
    const paste = pasteOf(text)
    const go = () => { this.#terminal.paste(paste.text); this.focus() }
    if (needsAsking(paste)) this.#options.onAsk(paste, go)
    else go()
  }

  focus(): void {
    this.#terminal.focus()
  }

  find(text: string, direction: 'next' | 'previous'): boolean {
    const options: ISearchOptions = { decorations: { matchBackground: '#b97a1f', activeMatchBackground: '#e0912f', matchOverviewRuler: '#b97a1f', activeMatchColorOverviewRuler: '#e0912f' } }
    return direction === 'next' ? this.#search.findNext(text, options) : this.#search.findPrevious(text, options)
  }

  endFind(): void {
    this.#search.clearDecorations()
    this.#terminal.clearSelection()
  }

  adapt(settings: TerminalSettings, isDark: boolean): void {
    this.#settings = settings
    Object.assign(this.#terminal.options, { fontSize: settings.fontSize, scrollback: settings.scrollback, screenReaderMode: settings.hasScreenReader, theme: terminalTheme(isDark) })
    if (this.element.isConnected && this.#options.isReadOnly !== true) this.fit()
  }

  dispose(): void {
    this.#terminal.dispose()
    this.element.remove()
  }

  #copySelected(): void {
    const text = this.#terminal.getSelection()
    // Without the page's focus a browser refuses, and nobody selected anything.
    if (this.#settings.copiesOnSelect && text !== '' && document.hasFocus()) void navigator.clipboard.writeText(text).catch(() => undefined)
  }

  /** False keeps a key from the shell. */
  #isOurs(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown') return true
    const isShifted = isMac ? event.metaKey : event.ctrlKey && event.shiftKey
    const key = event.key.toLowerCase()
    if (event.ctrlKey && event.shiftKey && event.key === 'ArrowUp') return this.#take(event, this.#options.onLeave)
    if (isShifted && key === 'c') return this.#take(event, () => { const text = this.#terminal.getSelection(); if (text !== '') void navigator.clipboard.writeText(text).catch(() => undefined) })
    if (isShifted && key === 'f') return this.#take(event, this.#options.onFind)
    // The browser pastes: its own paste event is what asks.
    if (isShifted && key === 'v') return false
    // Ctrl+Shift+K: the palette, where Ctrl+K is the shell's (components/Shell.tsx).
    return !(isShifted && key === 'k')
  }

  #take(event: KeyboardEvent, act: () => void): false {
    event.preventDefault()
    act()
    return false
  }

  #paste(event: ClipboardEvent): void {
    event.preventDefault()
    event.stopPropagation()
    if (this.#options.isReadOnly !== true) this.paste(event.clipboardData?.getData('text/plain') ?? '')
  }
}

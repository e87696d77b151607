// What a program in a terminal may not do with escape sequences. A terminal shows text of clusters, containers and logs, which anybody
// may have written: it must not reach the clipboard, choose what a link says, recolour what is on the screen, or make the terminal
// type. Each entry is taken here before xterm's own handler, and has no effect and no answer.
//
// Answered are three questions, because shells and editors hang or misdraw without them, and because their answers hold numbers of
// ours and no text that a program chose: DA1 (`CSI c`), DSR 5 and 6 and `?6` (`CSI n`: "ready", and where the cursor is). A title
// is neither shown nor kept, so it cannot be read back. https://invisible-island.net/xterm/ctlseqs/ctlseqs.html

/** The part of xterm's parser that is used; a handler that gives true keeps the sequence from xterm. */
export interface GuardedParser {
  registerOscHandler(id: number, handler: (data: string) => boolean): unknown
  registerCsiHandler(id: { readonly prefix?: string; readonly intermediates?: string; readonly final: string }, handler: (parameters: readonly (number | number[])[]) => boolean): unknown
  registerDcsHandler(id: { readonly prefix?: string; readonly intermediates?: string; readonly final: string }, handler: (data: string) => boolean): unknown
}

type Refused =
  | { readonly kind: 'osc'; readonly code: number; readonly what: string; /** One that would do it, for the test. */ readonly example: string }
  | { readonly kind: 'csi' | 'dcs'; readonly prefix?: string; readonly intermediates?: string; readonly final: string; readonly what: string; readonly example: string }

const [esc, bel, st] = ['\u001b', '\u0007', '\u001b\\']

export const refusedSequences: readonly Refused[] = [
  { kind: 'osc', code: 52, what: 'writes and reads the clipboard', example: `${esc}]52;c;cm0gLXJmIC8=${bel}` },
  { kind: 'osc', code: 8, what: 'gives a link a text that says another place', example: `${esc}]8;;https://evil.example${st}harmless${esc}]8;;${st}` },
  { kind: 'osc', code: 0, what: 'sets the window\'s title and icon', example: `${esc}]0;production is down${bel}` },
  { kind: 'osc', code: 1, what: 'sets the icon\'s name', example: `${esc}]1;x${bel}` },
  { kind: 'osc', code: 2, what: 'sets the window\'s title', example: `${esc}]2;x${bel}` },
  { kind: 'osc', code: 4, what: 'changes and reports the palette', example: `${esc}]4;1;?${bel}` },
  { kind: 'osc', code: 10, what: 'changes and reports the text\'s colour', example: `${esc}]10;?${bel}` },
  { kind: 'osc', code: 11, what: 'changes and reports the background', example: `${esc}]11;?${bel}` },
  { kind: 'osc', code: 12, what: 'changes and reports the cursor\'s colour', example: `${esc}]12;?${bel}` },
  { kind: 'osc', code: 7, what: 'says a working directory', example: `${esc}]7;file:///etc${bel}` },
  { kind: 'osc', code: 9, what: 'shows a notification', example: `${esc}]9;approved${bel}` },
  { kind: 'osc', code: 50, what: 'changes and reports the font', example: `${esc}]50;?${bel}` },
  { kind: 'osc', code: 777, what: 'shows a notification', example: `${esc}]777;notify;approved;by on-call${bel}` },
  { kind: 'osc', code: 1337, what: 'iTerm2\'s own: files, the clipboard, the profile', example: `${esc}]1337;CopyToClipboard=${bel}` },
  { kind: 'csi', final: 't', what: 'moves, resizes and reports the window; reports its title', example: `${esc}[21t${esc}[18t${esc}[14t` },
  { kind: 'csi', prefix: '>', final: 'c', what: 'reports the terminal\'s version (DA2)', example: `${esc}[>c` },
  { kind: 'csi', prefix: '=', final: 'c', what: 'reports the terminal\'s id (DA3)', example: `${esc}[=c` },
  { kind: 'csi', prefix: '>', final: 'q', what: 'reports the terminal\'s name (XTVERSION)', example: `${esc}[>q` },
  { kind: 'csi', intermediates: '$', final: 'p', what: 'reports modes (DECRQM)', example: `${esc}[4$p` },
  { kind: 'csi', prefix: '?', intermediates: '$', final: 'p', what: 'reports private modes (DECRQM)', example: `${esc}[?2004$p` },
  { kind: 'csi', final: 'x', what: 'reports parameters (DECREQTPARM)', example: `${esc}[x` },
  { kind: 'csi', intermediates: '*', final: 'y', what: 'reports a checksum of the screen (DECRQCRA)', example: `${esc}[1;1;1;1;2;2*y` },
  { kind: 'csi', intermediates: '&', final: 'u', what: 'reports the character set (DECRQUPSS)', example: `${esc}[&u` },
  { kind: 'dcs', intermediates: '$', final: 'q', what: 'reports settings (DECRQSS)', example: `${esc}P$qm${st}` },
  { kind: 'dcs', intermediates: '+', final: 'q', what: 'reports termcap entries (XTGETTCAP)', example: `${esc}P+q544e${st}` },
  { kind: 'dcs', final: '|', what: 'defines what keys type (DECUDK)', example: `${esc}P0;1|17/6c730d${st}` },
]

/** Status reports with an answer of numbers: "ready" and the cursor's place. */
const answeredReports: ReadonlySet<number> = new Set([5, 6])

export function guardParser(parser: GuardedParser): void {
  const refuse = () => true
  for (const each of refusedSequences) {
    if (each.kind === 'osc') parser.registerOscHandler(each.code, refuse)
    else (each.kind === 'csi' ? parser.registerCsiHandler : parser.registerDcsHandler).call(parser, idOf(each), refuse)
  }
  const isRefusedReport = (parameters: readonly (number | number[])[]) => !answeredReports.has(Number(parameters[0] ?? 0))
  parser.registerCsiHandler({ final: 'n' }, isRefusedReport)
  parser.registerCsiHandler({ prefix: '?', final: 'n' }, (parameters) => Number(parameters[0] ?? 0) !== 6)
}

const idOf = ({ prefix, intermediates, final }: { readonly prefix?: string; readonly intermediates?: string; readonly final: string }) =>
  ({ final, ...(prefix !== undefined && { prefix }), ...(intermediates !== undefined && { intermediates }) })

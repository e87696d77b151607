// Message types by the names of the specification (PostgreSQL protocol 55.7), as byte values.

const code = (letter: string) => letter.charCodeAt(0)

export const frontend = {
  bind: code('B'), close: code('C'), copyData: code('d'), copyDone: code('c'), copyFail: code('f'), describe: code('D'),
  execute: code('E'), flush: code('H'), functionCall: code('F'), parse: code('P'), password: code('p'), query: code('Q'),
  sync: code('S'), terminate: code('X'),
} as const

export const backend = {
  authentication: code('R'), backendKeyData: code('K'), bindComplete: code('2'), closeComplete: code('3'), commandComplete: code('C'),
  copyBothResponse: code('W'), copyData: code('d'), copyDone: code('c'), copyInResponse: code('G'), copyOutResponse: code('H'),
  dataRow: code('D'), emptyQueryResponse: code('I'), errorResponse: code('E'), functionCallResponse: code('V'),
  negotiateProtocolVersion: code('v'), noData: code('n'), noticeResponse: code('N'), notificationResponse: code('A'),
  parameterDescription: code('t'), parameterStatus: code('S'), parseComplete: code('1'), portalSuspended: code('s'),
  readyForQuery: code('Z'), rowDescription: code('T'),
} as const

// What a mask says to people.
import type { ColumnMask } from '../../shared/ipc.ts'
import { visibleText } from '../../shared/visible.ts'

export const maskSentence = (mask: ColumnMask): string => `masked by rule ${visibleText(mask.rule)} of policy ${visibleText(mask.policy)}`

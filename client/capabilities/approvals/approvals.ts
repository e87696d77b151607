// Approvals and grants in the app: the gateway's API by other names. Who may do what is the gateway's to say; a list or an event carries
// what is recorded (masked), only `show` the exact text.
import type { IpcCallName, IpcInput, IpcOutput } from '../../../shared/ipc.ts'
import type { Account } from '../../login/account.ts'

export type ApprovalCallName = Exclude<Extract<IpcCallName, `approvals.${string}` | `grants.${string}`>, 'approvals.stream' | 'approvals.wake'>
export type ApprovalCalls = { readonly [N in ApprovalCallName]: (input: IpcInput<N>) => Promise<IpcOutput<N>> }

export interface ApprovalCallsOptions { readonly account: Pick<Account, 'call'>; readonly openBrowser: (url: string) => Promise<void> }

export function createApprovalCalls({ account, openBrowser }: ApprovalCallsOptions): ApprovalCalls {
  return {
    'approvals.list': (input) => account.call('approvals', input),
    'approvals.show': (input) => account.call('approval', input),
    'approvals.decide': (input) => account.call('decideApproval', input),
    'approvals.shorten': (input) => account.call('shortenApproval', input),
    'approvals.withdraw': (input) => account.call('withdrawApproval', input),
    'approvals.explain': (input) => account.call('explainApproval', input),
    async 'approvals.view'(input) {
      await account.call('viewApproval', input)
      return null
    },
    'approvals.breakGlass': (input) => account.call('breakGlass', input),
    'approvals.review': (input) => account.call('reviewApproval', input),
    async 'approvals.openRun'({ id, page = 'run' }) {
      const { requester: { run }, pull } = await account.call('approval', { id })
      const url = (page === 'run' ? run?.url : pull?.url) ?? null
      // Words of others: a page of the web, and nothing else that a system would open.
      if (url !== null && URL.canParse(url) && new URL(url).protocol === 'https:') await openBrowser(url)
      return null
    },
    'grants.list': async (input) => (await account.call('grants', input)).grants,
    'grants.request': ({ kinds, on, ...rest }) => account.call('requestGrant', { ...rest, kinds: [...kinds], on: on === null ? null : [...on] }),
    'grants.revoke': (input) => account.call('revokeGrant', input),
  }
}

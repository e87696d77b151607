// Tokens of services that give theirs a prefix to be found by: GitHub, GitLab, npm, Slack, Stripe, OpenAI, Anthropic.
import { byteSet, type Detector, literal, whole, wholeIfAlone } from './detector.ts'

/** https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats */
export const githubToken: Detector = {
  name: 'github-token',
  triggers: [...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => literal(prefix, 3)), literal('_pat_', 4)],
  token: byteSet('A-Za-z0-9_'),
  pattern: '(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})',
  accept: whole,
}

/** https://docs.slack.dev/authentication/tokens */
export const slackToken: Detector = {
  name: 'slack-token',
  triggers: [literal('xox', 0), literal('xapp-', 0)],
  token: byteSet('A-Za-z0-9-'),
  pattern: '(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,})',
  accept: whole,
}

/** Secret and restricted keys, live and test; publishable keys (pk_) are meant to be seen. https://docs.stripe.com/keys */
export const stripeKey: Detector = {
  name: 'stripe-key',
  triggers: [literal('sk_', 2), literal('rk_', 2)],
  token: byteSet('A-Za-z0-9_'),
  pattern: '[sr]k_(?:live|test)_[A-Za-z0-9]{10,}',
  accept: whole,
}

/** https://docs.gitlab.com/security/tokens/#token-prefixes: personal, deploy, runner, trigger, job, feed tokens and OAuth secrets. */
export const gitlabToken: Detector = {
  name: 'gitlab-token',
  triggers: ['glpat-', 'gldt-', 'glrt-', 'glptt-', 'glcbt-', 'glft-', 'gloas-'].map((prefix) => literal(prefix, prefix.length - 1)),
  token: byteSet('A-Za-z0-9_.-'),
  pattern: 'gl(?:pat|dt|rt|ptt|cbt|ft|oas)-[A-Za-z0-9_.-]{20,}',
  accept: whole,
}

export const npmToken: Detector = {
  name: 'npm-token',
  triggers: [literal('npm_', 3)],
  token: byteSet('A-Za-z0-9_'),
  pattern: 'npm_[A-Za-z0-9]{36}',
  accept: wholeIfAlone,
}

/** Keys of OpenAI and Anthropic. `task-…` ends like their prefix, so they must stand alone. */
export const aiApiKey: Detector = {
  name: 'ai-api-key',
  triggers: [literal('sk-', 2)],
  token: byteSet('A-Za-z0-9_-'),
  pattern: 'sk-(?:(?:ant|proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{48})',
  accept: wholeIfAlone,
}

// Every detector a policy may name; a name in shared/policy/detectors.ts without one here is a type error.
import type { DetectorName } from '../../../shared/policy/detectors.ts'
import { awsAccessKey, googleApiKey } from './cloud-keys.ts'
import { creditCard } from './credit-card.ts'
import type { Detector } from './detector.ts'
import { email } from './email.ts'
import { iban } from './iban.ts'
import { jwt } from './jwt.ts'
import { passwordInUrl } from './password-in-url.ts'
import { privateKey } from './private-key.ts'
import { githubToken, slackToken, stripeKey } from './service-tokens.ts'
import { usSsn } from './us-ssn.ts'

export const detectors = {
  'aws-access-key': awsAccessKey,
  'private-key': privateKey,
  jwt,
  'credit-card': creditCard,
  'us-ssn': usSsn,
  email,
  'github-token': githubToken,
  'slack-token': slackToken,
  'stripe-key': stripeKey,
  'google-api-key': googleApiKey,
  'password-in-url': passwordInUrl,
  iban,
} as const satisfies Readonly<Record<DetectorName, Detector>>

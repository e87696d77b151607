// Every detector a policy may name; a name in shared/policy/detectors.ts without one here is a type error.
import type { DetectorName } from '../../../shared/policy/detectors.ts'
import { awsAccessKey, awsSecretKey, azureSecret, gcpServiceAccount, googleApiKey, googleOauthSecret } from './cloud-keys.ts'
import { creditCard } from './credit-card.ts'
import type { Detector } from './detector.ts'
import { email } from './email.ts'
import { iban } from './iban.ts'
import { ipAddress } from './ip-address.ts'
import { jwt } from './jwt.ts'
import { passwordInUrl } from './password-in-url.ts'
import { phone } from './phone.ts'
import { privateKey } from './private-key.ts'
import { aiApiKey, githubToken, gitlabToken, npmToken, slackToken, stripeKey } from './service-tokens.ts'
import { usSsn } from './us-ssn.ts'

export const detectors = {
  'aws-access-key': awsAccessKey,
  'aws-secret-key': awsSecretKey,
  'private-key': privateKey,
  jwt,
  'credit-card': creditCard,
  'us-ssn': usSsn,
  email,
  phone,
  'ip-address': ipAddress,
  'github-token': githubToken,
  'gitlab-token': gitlabToken,
  'npm-token': npmToken,
  'slack-token': slackToken,
  'stripe-key': stripeKey,
  'google-api-key': googleApiKey,
  'google-oauth-secret': googleOauthSecret,
  'gcp-service-account': gcpServiceAccount,
  'azure-secret': azureSecret,
  'ai-api-key': aiApiKey,
  'password-in-url': passwordInUrl,
  iban,
} as const satisfies Readonly<Record<DetectorName, Detector>>

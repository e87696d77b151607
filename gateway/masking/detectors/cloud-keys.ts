// Keys of cloud providers that can be known by their form.
import { byteSet, type Detector, literal, whole, wholeIfAlone } from './detector.ts'

/** Access key ids: long-lived (AKIA) and temporary (ASIA), 20 characters. The secret beside them has no form of its own. */
export const awsAccessKey: Detector = {
  name: 'aws-access-key',
  triggers: [literal('AKIA', 2), literal('ASIA', 2)],
  token: byteSet('A-Z0-9'),
  pattern: '(?:AKIA|ASIA)[A-Z0-9]{16}',
  accept: wholeIfAlone,
}

export const googleApiKey: Detector = {
  name: 'google-api-key',
  triggers: [literal('AIza', 2)],
  token: byteSet('A-Za-z0-9_-'),
  pattern: 'AIza[A-Za-z0-9_-]{35,}',
  accept: whole,
}

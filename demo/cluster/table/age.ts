// Ages and the like, in the words of kubectl: 12s, 3m5s, 47m, 5h12m, 3d4h, 120d.
// k8s.io/apimachinery/pkg/util/duration HumanDuration

export function age(since: string | undefined, now: number = Date.now()): string {
  if (!since) return '<unknown>'
  return humanDuration(now - Date.parse(since))
}

export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (days < 8) return withRest(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  return withRest(Math.floor(days / 365), 'y', days % 365, 'd')
}

function withRest(amount: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${amount}${unit}` : `${amount}${unit}${rest}${restUnit}`
}

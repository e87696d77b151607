// Loaded into the gateways of the bench before anything else: SIGUSR2 collects garbage, so that resident memory says what is in use.
declare const gc: (() => void) | undefined

process.on('SIGUSR2', () => gc?.())

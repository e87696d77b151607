import { expect, test } from 'vitest'
import { shellEnvironment, shellOf } from './shell.ts'

const own = { kubeconfig: '/home/ana/.config/gatehouse/terminals/kubeconfigs/1.yaml', version: '1' }

test('starts the login shell that SHELL names, else the one of the passwd entry, else sh', () => {
  const of = (env: NodeJS.ProcessEnv, loginShell: string | null = null) => shellOf({ env, platform: 'linux', bashrc: null, loginShell })
  expect(of({ SHELL: '/usr/bin/zsh' })).toEqual({ file: '/usr/bin/zsh', name: 'zsh', args: ['-l'] })
  expect(of({}, '/usr/bin/fish').name).toBe('fish')
  expect(of({ SHELL: 'zsh' }).file).toBe('/bin/sh')
})

test('bash reads our start file, which reads the user\'s', () => {
  expect(shellOf({ env: { SHELL: '/bin/bash' }, platform: 'linux', bashrc: '/x/bash-start.sh' }).args).toEqual(['--rcfile', '/x/bash-start.sh', '-i'])
})

test('what is ours does not reach the shell: tokens, the app\'s runtime, another kubeconfig', () => {
  const env = shellEnvironment({
    PATH: '/usr/bin', HOME: '/home/ana', PS1: 'mine> ', LANG: 'C.UTF-8', GATEHOUSE_TOKEN: 'gh_secret', GATEHOUSE_STORE: 'postgres://secret', gatehouse_token: 'gh_secret',
    ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '--inspect', npm_config_cache: '/x', PGPASSWORD: 'gh_secret', KUBECONFIG: '/home/ana/.kube/config', TERM: 'dumb', COLUMNS: '10',
  }, own)
  expect(JSON.stringify(env)).not.toContain('secret')
  expect(env).toEqual({
    PATH: '/usr/bin', HOME: '/home/ana', PS1: 'mine> ', LANG: 'C.UTF-8', TERM: 'xterm-256color', COLORTERM: 'truecolor', TERM_PROGRAM: 'gatehouse', TERM_PROGRAM_VERSION: '1', KUBECONFIG: own.kubeconfig,
  })
})

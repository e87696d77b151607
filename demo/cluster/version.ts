// Which Kubernetes the demo cluster says it is: between the kubectls it is tested with, so that none is more than a few minors away.
export const serverVersion = {
  major: '1', minor: '31', gitVersion: 'v1.31.4+gatehouse', gitCommit: '0000000000000000000000000000000000000000', gitTreeState: 'clean',
  buildDate: '2024-12-11T00:00:00Z', goVersion: 'go1.22.9', compiler: 'gc', platform: 'linux/amd64',
}
export const kubeletVersion = 'v1.31.4'

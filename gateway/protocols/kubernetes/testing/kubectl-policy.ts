// What the cases of kubectl are judged by: for each of them a rule that lets it pass, holds it or denies it.

export const suitePolicy = (prefix: string): string => `
policy: suite
connections: [cluster]
rules:
  - { id: look, who: { groups: [engineers] }, allow: { kubernetes: [get, list, watch], resources: ["*"] } }
  - { id: write, who: { groups: [engineers] }, allow: { kubernetes: [create, update, patch], resources: [configmaps, secrets], namespaces: ["${prefix}-*"] } }
  - { id: drop, who: { groups: [engineers] }, allow: { kubernetes: [delete], resources: [configmaps, secrets], namespaces: ["${prefix}-*"] } }
  - { id: enter, who: { groups: [engineers] }, allow: { kubernetes: [exec], resources: [pods/exec], namespaces: ["${prefix}-*"] } }
  - { id: web, who: { groups: [engineers] }, allow: { kubernetes: [portforward], resources: [pods/portforward], namespaces: ["${prefix}-*"] }, when: "!has(facts.ports) || facts.ports.all(p, p == 8080)" }
  - { id: ask-deletes, who: { groups: [engineers] }, approve: { kubernetes: [delete], resources: [configmaps], names: [doomed, spared, left, twice] }, by: { groups: [on-call] }, within: 2m }
  - { id: ask-pods, who: { groups: [engineers] }, approve: { kubernetes: [delete], resources: [pods], namespaces: ["${prefix}-*"] }, by: { groups: [on-call] }, within: 2m }
  - { id: ask-briefly, who: { groups: [engineers] }, approve: { kubernetes: [delete], resources: [configmaps], names: [brief] }, by: { groups: [on-call] }, within: 2s }
  - { id: ask-changes, who: { groups: [engineers] }, approve: { kubernetes: [patch], resources: [configmaps], names: [held-one] }, by: { groups: [on-call] }, within: 2m }
  # What is tried only changes nothing: kubectl diff of it needs no approval.
  - { id: ask-real-changes, who: { groups: [engineers] }, approve: { kubernetes: [patch], resources: [configmaps], names: [tried-one] }, when: "!facts.dryRun", by: { groups: [on-call] }, within: 2m }
  - { id: delete-all, who: { groups: [cleaners] }, approve: { kubernetes: [mass-delete], deletes: { over: 2, within: 5m } }, by: { groups: [on-call] }, within: 2m }
  - { id: never, who: everyone, deny: { kubernetes: [update, patch, delete], names: [precious] } }
masks:
  - { id: secrets, resources: [secrets], fields: ["/data/*", "/stringData/*"], as: redact, except: { groups: [privacy] } }
  - { id: config, resources: [configmaps], fields: [/data/password], as: redact, except: { groups: [privacy] } }
  - { id: keys, detect: [aws-access-key], as: redact }
`

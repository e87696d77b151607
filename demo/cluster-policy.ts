// The policy of the demo's cluster, as the user finds it in policies/cluster.yaml: written once, then theirs to edit.

export const clusterPolicy = `# Who may do what on the sample cluster. Save the file and the gateway takes it on at once; a mistake keeps the last good one.
policy: cluster
connections: [cluster]

rules:
  - id: everyone-looks
    who: { groups: [analysts, engineers, on-call, privacy] }
    allow: { kubernetes: [get, list, watch], resources: ["*"], namespaces: ["*"] }
  - id: no-secrets
    who: { groups: [analysts] }
    deny: { kubernetes: [get, list, watch], resources: [secrets] }
  - id: engineers-apply
    who: { groups: [engineers] }
    allow:
      kubernetes: [create, update, patch, delete]
      resources: [deployments, deployments/scale, statefulsets, statefulsets/scale, daemonsets, jobs, cronjobs, services, ingresses, configmaps, secrets, horizontalpodautoscalers, promotions]
      namespaces: [shop]
  # These wait until somebody on call has agreed to exactly this request; kubectl waits with them. Try it in the app's terminal.
  - id: engineers-exec
    who: { groups: [engineers] }
    approve: { kubernetes: [exec, attach], resources: [pods/exec, pods/attach], namespaces: [shop] }
    by: { groups: [on-call] }
    within: 15m
  - id: engineers-delete-pods
    who: { groups: [engineers] }
    approve: { kubernetes: [delete], resources: [pods], namespaces: [shop] }
    by: { groups: [on-call] }
    within: 15m
  # kubectl delete --all is one delete after the other: from the fourth within a minute on it waits, whatever it deletes.
  - id: mass-delete
    who: { groups: [engineers] }
    approve: { kubernetes: [mass-delete], namespaces: [shop], deletes: { over: 3, within: 1m } }
    by: { groups: [on-call] }
    within: 15m
  - id: not-in-kube-system
    who: everyone
    deny: { kubernetes: [create, update, patch, delete, deletecollection, exec, attach, portforward, connect], resources: ["*"], namespaces: [kube-system] }
  # A forwarded port would lead past every mask, to the database for one.
  - id: no-port-forward
    who: everyone
    deny: { kubernetes: [portforward], resources: [pods/portforward] }

masks:
  - id: secrets
    resources: [secrets]
    fields: ["/data/*", "/stringData/*"]
    as: redact
    except: { groups: [privacy] }
    # except-types: [helm.sh/release.v1]   # so that helm can read its releases; with them anybody reads the values they were installed with
  - id: variables   # what is written into a pod's environment instead of a Secret
    resources: [pods]
    fields: ["/spec/containers/*/env/*/value"]
    as: redact
    except: { groups: [engineers, on-call, privacy] }
  - id: variables-of-templates
    resources: [deployments, replicasets, statefulsets, daemonsets, jobs]
    fields: ["/spec/template/spec/containers/*/env/*/value"]
    as: redact
    except: { groups: [engineers, on-call, privacy] }
  - id: people-in-logs
    detect: [email, us-ssn, credit-card]
    as: redact
    except: { groups: [privacy] }
  - id: keys   # are nobody's to read
    detect: [aws-access-key, private-key, jwt]
    as: redact

tests:
  - { as: { groups: [analysts] }, run: "kubectl get pods -n shop", expect: allow }
  - { as: { groups: [analysts] }, run: "kubectl logs web-1 -n shop", expect: allow }
  - { as: { groups: [analysts] }, run: "kubectl get secrets -A", expect: deny, rule: no-secrets }
  - { as: { groups: [analysts] }, run: "kubectl delete pod web-1 -n shop", expect: deny }
  - { as: { groups: [analysts] }, run: "kubectl exec web-1 -n shop -- ls", expect: deny }
  - { as: { groups: [engineers] }, run: "kubectl get secret shop-database -n shop", expect: allow }
  - { as: { groups: [engineers] }, run: "apply configmaps/shop-config -n shop --body '{\\"data\\":{\\"LOG_LEVEL\\":\\"debug\\"}}'", expect: allow, rule: engineers-apply }
  - { as: { groups: [engineers] }, run: "kubectl scale deploy/web -n shop --replicas=5", expect: allow, rule: engineers-apply }
  - { as: { groups: [engineers] }, run: "patch deployments/gateway -n payments --body '{\\"spec\\":{\\"replicas\\":0}}'", expect: deny }
  - { as: { groups: [engineers] }, run: "kubectl exec web-1 -n shop -- sh", expect: approve, rule: engineers-exec }
  - { as: { groups: [engineers] }, run: "kubectl exec gateway-1 -n payments -- sh", expect: deny }
  - { as: { groups: [engineers] }, run: "kubectl delete pod web-1 -n shop", expect: approve, rule: engineers-delete-pods }
  - { as: { groups: [engineers] }, run: "kubectl delete configmap old -n shop", expect: allow, rule: engineers-apply }
  - { as: { groups: [engineers] }, run: "kubectl delete configmap old -n shop --deletes 3", expect: approve, rule: mass-delete }
  - { as: { groups: [engineers] }, run: "deletecollection configmaps -n shop", expect: approve, rule: mass-delete }
  - { as: { groups: [engineers] }, run: "kubectl delete configmap coredns -n kube-system", expect: deny, rule: not-in-kube-system }
  - { as: { groups: [engineers] }, run: "kubectl port-forward postgres-0 -n shop 5432", expect: deny, rule: no-port-forward }
  - { as: { groups: [engineers] }, run: "kubectl create token default -n shop", expect: deny }
  - { as: { groups: [on-call] }, run: "kubectl get nodes", expect: allow }
  - { as: { groups: [on-call] }, run: "kubectl delete pod web-1 -n shop", expect: deny }
  - { as: { groups: [privacy] }, run: "kubectl get secrets -n shop", expect: allow }
  - { as: { groups: [analysts] }, run: "kubectl auth can-i list pods", expect: allow }
`

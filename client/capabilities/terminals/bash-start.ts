// What bash reads first in a terminal of ours: the files that a login shell reads, in its order, then completion of kubectl if bash
// can complete at all. kubectl is asked for its completions at the first Tab after `kubectl `, so that no start waits for it.
// https://www.gnu.org/software/bash/manual/html_node/Bash-Startup-Files.html

export const bashStart = `# Written by Gatehouse at every start; changes are lost. Your own files are read first, as a login shell reads them.
[ -r /etc/profile ] && . /etc/profile
if [ -r ~/.bash_profile ]; then . ~/.bash_profile
elif [ -r ~/.bash_login ]; then . ~/.bash_login
elif [ -r ~/.profile ]; then . ~/.profile
fi

__gatehouse_kubectl_completion() {
  complete -r kubectl
  . <(kubectl completion bash 2>/dev/null) && return 124
}
if [ "\${BASH_VERSINFO[0]:-0}" -ge 4 ]; then
  if ! type _get_comp_words_by_ref >/dev/null 2>&1 && [ -r /usr/share/bash-completion/bash_completion ]; then . /usr/share/bash-completion/bash_completion; fi
  if type _get_comp_words_by_ref >/dev/null 2>&1 && ! complete -p kubectl >/dev/null 2>&1; then complete -F __gatehouse_kubectl_completion kubectl; fi
fi
`

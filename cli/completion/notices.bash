# Completion of `notices` and `search` for bash. To use it: source <(notices completion bash)

_notices_table() {
    case "$1" in
@TABLE@
    esac
}

# What the archive offers for a word: sets `found`, quoted, so that no archived text is ever read by the shell.
_notices_asked() {
    local line value plain=$cur quote=""
    case $plain in \"* | \'*) quote=${plain:0:1} plain=${plain:1} ;; esac
    found=()
    while IFS= read -r line; do
        value=${line%%$'\t'*}
        case $quote in
            \') [[ $value != *\'* ]] && found+=("$value") ;;
            \") [[ $value != *[\"\$\`\\!]* ]] && found+=("$value") ;;
            *) found+=("$(printf %q "$value")") ;;
        esac
    done < <(command notices complete --for "$1" -- "$plain" 2>/dev/null)
    # Ids have no character in common with the typed title: the word stays as it is while there is a choice.
    if [[ $1 == archive && ${#found[@]} -gt 1 && -n $plain && ${found[0]} != "$plain"* ]]; then found+=("$cur"); fi
}

_notices() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} at=${COMP_WORDS[0]##*/} i word words rest found
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word != -* && -n $(_notices_table "$at $word REST") ]]; then at="$at $word"; fi
    done
    COMPREPLY=()
    words=$(_notices_table "$at $prev")
    if [[ $prev == --source && $at == search ]]; then
        _notices_asked sources
        COMPREPLY=("${found[@]}")
    elif [[ $prev == -* && $words == ANY ]]; then
        compopt -o default 2>/dev/null
    elif [[ $prev == -* && -n $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    else
        mapfile -t COMPREPLY < <(compgen -W "$(_notices_table "$at")" -- "$cur")
        rest=$(_notices_table "$at REST")
        if [[ $cur == -* || $rest == nothing ]]; then
            :
        elif [[ $rest == files ]]; then
            compopt -o default 2>/dev/null
        elif [[ -n $cur || $rest == sources ]]; then
            _notices_asked "$rest"
            COMPREPLY+=("${found[@]}")
        fi
    fi
}

complete -F _notices notices
complete -F _notices search

#compdef notices search
# Completion of `notices` and `search` for zsh. To use it: source <(notices completion zsh)

_notices_table() {
    case "$1" in
@TABLE@
    esac
}

# compadd quotes the text that it inserts; -U because folded text need not begin with the same characters.
_notices_asked() {
    local line
    local -a values shown
    while IFS= read -r line; do
        values+=("${line%%$'\t'*}")
        shown+=("${line//$'\t'/  }")
    done < <(command notices complete --for "$1" -- "${(Q)PREFIX}" 2>/dev/null)
    if (( ${#values} )); then
        (( ${#values} > 1 )) && compstate[insert]=menu
        compadd -U -l -d shown -a values
    fi
}

_notices() {
    local at=${words[1]:t} prev=${words[CURRENT-1]} word known rest
    for word in ${words[2,CURRENT-1]}; do
        if [[ $word != -* && -n $(_notices_table "$at $word REST") ]]; then at="$at $word"; fi
    done
    known=$(_notices_table "$at $prev")
    if [[ $prev == --source && $at == search ]]; then
        _notices_asked sources
    elif [[ $prev == -* && $known == ANY ]]; then
        _files
    elif [[ $prev == -* && -n $known ]]; then
        compadd -- ${=known}
    else
        known=$(_notices_table "$at")
        compadd -- ${=known}
        rest=$(_notices_table "$at REST")
        if [[ $PREFIX == -* || $rest == nothing ]]; then
            return
        elif [[ $rest == files ]]; then
            _files
        elif [[ -n $PREFIX || $rest == sources ]]; then
            _notices_asked $rest
        fi
    fi
}

compdef _notices notices search

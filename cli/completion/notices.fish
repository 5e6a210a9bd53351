# Completion of `notices` and `search` for fish. To use it: notices completion fish | source

function __notices_table
    switch "$argv[1]"
@TABLE@
    end
end

function __notices_words
    set -l line (commandline -opc)
    set -l current (commandline -ct)
    set -l at (basename -- $line[1])
    set -l prev $line[-1]
    for word in $line[2..-1]
        if not string match -q -- '-*' $word; and test -n "$(__notices_table "$at $word REST")"
            set at "$at $word"
        end
    end
    set -l known (__notices_table "$at $prev")
    if test "$at $prev" = 'search --source'
        command notices complete --for sources -- $current 2>/dev/null
    else if string match -q -- '-*' $prev; and test "$known" = ANY
        __fish_complete_path $current
    else if string match -q -- '-*' $prev; and test -n "$known"
        string split ' ' -- $known
    else
        string split ' ' -- (__notices_table $at)
        set -l rest (__notices_table "$at REST")
        if string match -q -- '-*' $current; or test "$rest" = nothing
            return
        else if test "$rest" = files
            __fish_complete_path $current
        else if test -n "$current"; or test "$rest" = sources
            command notices complete --for $rest -- $current 2>/dev/null
        end
    end
end

complete -c notices -f -a '(__notices_words)'
complete -c search -f -a '(__notices_words)'

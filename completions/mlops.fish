# SPDX-License-Identifier: Apache-2.0
# fish completion for mlops: the binary knows what fits, this only asks it.
function __mlops_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l files no
    # For --option=value the answers are values alone, and fish wants the whole word.
    set -l before (string match -r -- '^--[^=]*=' $words[-1]; or echo '')
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        if test "$line" = @files
            set files yes
        else
            echo $before$line
        end
    end
    if test $files = yes
        __fish_complete_path (commandline -ct)
    end
end
complete -c mlops -f -a '(__mlops_complete)'

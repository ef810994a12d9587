# SPDX-License-Identifier: Apache-2.0
# fish completion for mlops: the binary knows what fits, this only asks it.
function __mlops_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l files no
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        if test "$line" = @files
            set files yes
        else
            echo $line
        end
    end
    if test $files = yes
        __fish_complete_path (commandline -ct)
    end
end
complete -c mlops -f -a '(__mlops_complete)'

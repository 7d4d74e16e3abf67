using Paging.Core.Composition;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Snapshots;

namespace Paging.Core;

/// <summary>The empty processes of a form that is being loaded. Unless it is finished, all of them end, and their new groups go.</summary>
internal sealed class NewProcesses : IDisposable
{
    private readonly EngineParts _parts;
    private readonly SavedMachine _machine;
    private readonly UserProcess[] _made;
    private readonly List<MemoryGroup> _newGroups = [];
    private int _count;
    private bool _isFinished;

    /// <summary>Creates the processes, in the groups that the caller finds.</summary>
    /// <exception cref="ArgumentException">The caller gives a group of another engine.</exception>
    /// <exception cref="InvalidOperationException">A group is the caller's, who does not find it; or there are 256 groups.</exception>
    /// <exception cref="NoMemoryException">The engine has too little memory.</exception>
    public NewProcesses(EngineParts parts, ProcessTable table, SavedMachine machine, in LoadedFrom host)
    {
        (_parts, _machine, _made) = (parts, machine, new UserProcess[machine.Processes.Length]);
        try
        {
            ProcessOptions options = host.Options ?? ProcessOptions.Default;
            MemoryGroup?[] groups = [options.Group, .. FindGroups(host.GroupOf)];
            foreach (SavedProcess saved in machine.Processes)
            {
                ProcessOptions given = (options with { Group = groups[saved.Group] }).Within(saved.State.Bounds);
                _made[_count] = table.Create(saved.Name, given);
                _count++;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A process, by its place in the form.</summary>
    public UserProcess this[int index] => _made[index];

    /// <summary>The group that is charged for the pages of shared memory: that of the first process which maps it.</summary>
    public FrameGroup ChargedFor(int memory)
    {
        for (int i = 0; i < _made.Length; i++)
            if (Array.Exists(_machine.Processes[i].Areas, area => area.Memory == (uint)memory + 1)) return _made[i].Space.Group;
        return _made.Length != 0 ? _made[0].Space.Group : _parts.Machine.Lists.Root;
    }

    /// <summary>Gives the processes all that is not memory, and returns them.</summary>
    public UserProcess[] Finish(SavedAreas files)
    {
        for (int i = 0; i < _made.Length; i++)
        {
            SavedProcess saved = _machine.Processes[i];
            _made[i].Adopt(saved, files, saved.Parent == 0 ? 0 : _made[saved.Parent - 1].Id);
        }

        _isFinished = true;
        return _made;
    }

    public void Dispose()
    {
        if (_isFinished) return;
        while (_count > 0) _made[--_count].Dispose();
        foreach (MemoryGroup group in _newGroups) _parts.Reclaim.Groups.Remove(group);
        _newGroups.Clear();
    }

    private List<MemoryGroup> FindGroups(Func<string, MemoryGroup?>? groupOf)
    {
        List<MemoryGroup> found = [];
        foreach (SavedGroup saved in _machine.Groups)
        {
            MemoryGroup? group = groupOf?.Invoke(saved.Name);
            _parts.Machine.Callers.EnterToRead();    // the caller's code has run
            if (group is null && saved.HasPolicy)
                throw new InvalidOperationException($"The saved group '{saved.Name}' has a policy of the host's, which the caller gives "
                    + "with a group: 'groupOf' returned none.");
            found.Add(group ?? Create(saved));
        }

        return found;
    }

    private MemoryGroup Create(SavedGroup saved)
    {
        if (_parts.Reclaim.Groups.Create(saved.ToOptions(), out MemoryGroup? group) != Errno.None)
            throw new InvalidOperationException($"Cannot make the saved group '{saved.Name}': there are 256 groups already.");
        _newGroups.Add(group!);
        return group!;
    }
}

using Paging.Core;
using Paging.Guest.Host;
using Paging.Programs;

namespace Paging.Guest.Tasks;

/// <summary>The memory of one or more processes: more than one between vfork and execve. Linux: mm_struct and its mm_users.</summary>
internal sealed class SharedMemory(UserProcess core)
{
    private int _holders = 1;
    private HostInodes? _inodes;

    /// <summary>The engine's process, which is memory and nothing else here.</summary>
    public UserProcess Core { get; } = core;

    public AddressSpace Space => Core.Memory;

    public bool IsShared => _holders > 1;

    /// <summary>Where arguments and environment lie is kept by the engine; the auxiliary vector is kept here for /proc.</summary>
    public ExecutedProgram Program { get; set; }

    /// <summary>Which commands of membarrier(2) it has registered for. Linux: mm->membarrier_state.</summary>
    public uint Barriers { get; set; }

    /// <summary>The file that it executes, which cannot be opened for writing meanwhile. Linux: mm->exe_file.</summary>
    public HostInode? Executable { get; private set; }

    /// <summary>It executes a file from now on, and no other.</summary>
    public void Execute(HostInode? inode, HostInodes inodes)
    {
        if (inode is not null) inodes.Executed(inode);
        if (Executable is { } old) inodes.ExecutionEnded(old);
        (Executable, _inodes) = (inode, inodes);
    }

    public SharedMemory Hold()
    {
        _holders++;
        return this;
    }

    /// <summary>The last holder gives it back to the engine.</summary>
    public void Release()
    {
        if (--_holders != 0) return;
        if (Executable is { } executed) _inodes!.ExecutionEnded(executed);
        Core.Dispose();
    }
}

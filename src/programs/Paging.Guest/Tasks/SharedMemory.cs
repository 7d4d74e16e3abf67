using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Vfs;
using Paging.Native;
using Paging.Programs;

namespace Paging.Guest.Tasks;

/// <summary>The memory of one or more processes: more than one between vfork and execve. Linux: mm_struct and its mm_users.</summary>
internal sealed class SharedMemory(UserProcess core)
{
    private int _holders = 1;
    private LateWrites _lateWrites = new();

    /// <summary>The engine's process, used for its memory only.</summary>
    public UserProcess Core { get; } = core;

    public AddressSpace Space => Core.Memory;

    /// <summary>Records the kernel's writes; null if they are not recorded.</summary>
    public KernelWrites? Writes { get; set; }

    /// <summary>The memory for system calls.</summary>
    public UserMemory User => new(Space, Writes, _lateWrites);

    /// <summary>Begins a call: from now on results for missing pages are kept, until <see cref="TakeLateWrites"/>.</summary>
    public void BeginCall() => _lateWrites.Begin(Space);

    /// <summary>Ends the call; returns the results that it could not write yet, or null.</summary>
    public LateWrites? TakeLateWrites()
    {
        if (!_lateWrites.TryEnd()) return null;
        LateWrites taken = _lateWrites;
        _lateWrites = new();
        return taken;
    }

    /// <summary>True if its last process has ended, or executes another program.</summary>
    public bool IsGone => _holders == 0;

    public bool IsShared => _holders > 1;

    /// <summary>The executed program. The engine keeps the places of arguments and environment.</summary>
    public ExecutedProgram Program { get; set; }

    /// <summary>The commands of membarrier(2) that it has registered for. Linux: mm->membarrier_state.</summary>
    public uint Barriers { get; set; }

    /// <summary>The file that it executes, which cannot be opened for writing meanwhile. Linux: mm->exe_file.</summary>
    public RegularInode? Executable { get; private set; }

    /// <summary>The node by which <see cref="Executable"/> was found: /proc/PID/exe.</summary>
    public TreeNode? ExecutableNode { get; private set; }

    /// <summary>The auxiliary vector that the program began with: /proc/PID/auxv. Linux: mm->saved_auxv.</summary>
    public byte[] AuxiliaryVector { get; set; } = [];

    /// <summary>
    /// The number of programs it has executed: files of /proc opened under an earlier number show memory that no longer exists.
    /// </summary>
    public int ProgramNumber { get; private set; }

    /// <summary>Sets the executed file, and releases the old one.</summary>
    public void Execute(RegularInode? inode, TreeNode? node)
    {
        ProgramNumber++;
        inode?.Executed();
        node?.Hold();    // before the old one is released, which may be the same
        Executable?.ExecutionEnded();
        ExecutableNode?.Dispose();
        (Executable, ExecutableNode) = (inode, node);
    }

    public SharedMemory Hold()
    {
        _holders++;
        return this;
    }

    /// <summary>Releases it; the last holder returns it to the engine.</summary>
    public void Release()
    {
        if (--_holders != 0) return;
        if (!Core.HasExited)    // as after an execve that found no memory
            Space.WriteBack(VirtualAddress.Zero, PageNumber.FirstKernel.Address.Value);    // stores through shared mappings
        Execute(null, null);
        Core.Dispose();
    }
}

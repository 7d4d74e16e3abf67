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

    /// <summary>The engine's process, which is memory and nothing else here.</summary>
    public UserProcess Core { get; } = core;

    public AddressSpace Space => Core.Memory;

    /// <summary>Gets a copy of what the kernel writes; null: nobody wants to know.</summary>
    public KernelWrites? Writes { get; set; }

    /// <summary>As system calls see it.</summary>
    public UserMemory User => new(Space.Mmu, Writes);

    /// <summary>The last process that had it has ended, or executes another program.</summary>
    public bool IsGone => _holders == 0;

    public bool IsShared => _holders > 1;

    /// <summary>Where arguments and environment lie is kept by the engine; the auxiliary vector is kept here for /proc.</summary>
    public ExecutedProgram Program { get; set; }

    /// <summary>The file that it executes, which cannot be opened for writing meanwhile. Linux: mm->exe_file.</summary>
    public RegularInode? Executable { get; private set; }

    /// <summary>The same as a file of the tree: /proc/PID/exe.</summary>
    public TreeNode? ExecutableNode { get; private set; }

    /// <summary>The auxiliary vector that the program began with: /proc/PID/auxv. Linux: mm->saved_auxv.</summary>
    public byte[] AuxiliaryVector { get; set; } = [];

    /// <summary>How many programs it has executed: what was opened under an earlier number shows a memory that is gone.</summary>
    public int ProgramNumber { get; private set; }

    /// <summary>It executes a file from now on, and no other.</summary>
    public void Execute(RegularInode? inode, TreeNode? node)
    {
        ProgramNumber++;
        inode?.Executed();
        node?.Hold();
        Executable?.ExecutionEnded();
        ExecutableNode?.Dispose();
        (Executable, ExecutableNode) = (inode, node);
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
        Space.WriteBack(VirtualAddress.Zero, PageNumber.FirstKernel.Address.Value);    // what its shared mappings have stored
        Execute(null, null);
        Core.Dispose();
    }
}

using Paging.Core.Spaces;
using Paging.Core.SystemCalls;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>The memory's part of execve(2): for a loader of programs, such as <c>Paging.Programs</c>.</summary>
/// <remarks>In an engine with many threads, each call takes the slow path. Linux: fs/exec.c.</remarks>
public static class ProgramMemory
{
    private const int KilledExitCode = 128 + 9;    // SIGKILL

    /// <summary>Replaces the memory of a process by an empty one: the point of no return of execve(2).</summary>
    /// <param name="process">The process. Its limits, group, descriptors and counts of faults stay.</param>
    /// <param name="name">Its new name.</param>
    /// <param name="isTopDown">True if mmap(2) searches downwards from <paramref name="mmapBase"/>, false if upwards.</param>
    /// <param name="mmapBase">The page at which the search begins.</param>
    /// <returns>ENOMEM: no frame for the page directory. The process has exited then, as after SIGKILL (code 137).</returns>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mmapBase"/> lies in the kernel half.</exception>
    /// <remarks>Cost: O(areas + present pages) of the old memory. Linux: begin_new_exec, setup_new_exec.</remarks>
    public static Errno ReplaceMemory(this UserProcess process, string name, bool isTopDown, PageNumber mmapBase)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mmapBase, PageNumber.FirstKernel);
        Errno error = Replace(process, name, new() { IsTopDown = isTopDown, MmapBase = mmapBase });
        if (error != Errno.None) process.Exit(KilledExitCode);    // it has no page directory
        return error;
    }

    private static Errno Replace(UserProcess process, string name, in MemoryLayout layout)
    {
        using SlowPathTurn turn = process.Memory.Turn();
        Space space = process.Memory.Space;
        FaultCounters faults = space.Faults;    // Linux counts them by task, not by mm_struct
        TransparentPolicy policy = space.HugeLines.Policy;    // inherited by the new mm_struct (mmf_init_flags)
        process.EndMemory();
        if (!process.TryBeginMemory(layout, space.Limits, space.Group)) return process.Leave(Errno.ENOMEM);
        space.Faults = faults;
        space.HugeLines.Policy = policy;
        space.Inherit(space);
        process.Name = name;
        return process.Leave(Errno.None);
    }

    /// <summary>Returns where mmap(2) would place a new mapping. Reserves nothing.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="count">The pages of the mapping.</param>
    /// <param name="first">Its first page.</param>
    /// <returns>ENOMEM: there is no room.</returns>
    /// <remarks>Cost: O(log n) for n areas. Linux: get_unmapped_area.</remarks>
    public static Errno FindRoom(this AddressSpace memory, PageCount count, out PageNumber first)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Turn();
        return Placement.Choose(memory.Space, default, count, out first);
    }

    /// <summary>Returns whether memory may be writable and executable, and gain execution. Linux: PR_GET_MDWE of prctl(2).</summary>
    public static ExecuteGain GetExecuteGain(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return memory.CheckedSpace().ExecuteGain;
    }

    /// <summary>Sets whether memory may be writable and executable, and gain execution. Existing memory keeps its rights.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such value.</exception>
    /// <remarks>Linux: PR_SET_MDWE of prctl(2), which can be set only once; here it can be changed.</remarks>
    public static void SetExecuteGain(this AddressSpace memory, ExecuteGain gain)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Guard.TakeTurn();
        if (gain is not (ExecuteGain.Allowed or ExecuteGain.Refused or ExecuteGain.RefusedHere))
            throw new ArgumentOutOfRangeException(nameof(gain), gain, "There is no such value.");
        memory.CheckedSpace().ExecuteGain = gain;
    }

    /// <summary>Returns true if all private memory has MADV_MERGEABLE. Linux: PR_GET_MEMORY_MERGE of prctl(2).</summary>
    public static bool IsAllMergeable(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return memory.CheckedSpace().MergesAll;
    }

    /// <summary>Gives all private memory MADV_MERGEABLE, present and future, or takes it from all. No page is ever merged.</summary>
    /// <remarks>Children and executed programs inherit the setting. Linux: PR_SET_MEMORY_MERGE of prctl(2).</remarks>
    public static void SetAllMergeable(this AddressSpace memory, bool isMergeable)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Guard.TakeTurn();
        Space space = memory.CheckedSpace();
        if (space.MergesAll == isMergeable) return;
        space.MergesAll = isMergeable;
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)    // ksm_add_vmas, ksm_del_vmas
        {
            ref Area area = ref space.Areas[index];
            if (!isMergeable) area.Flags &= ~AreaFlags.Mergeable;
            else if (!space.Areas.IsOfPool(area)) area.Flags |= Space.MergeableOf(area.Flags);
        }
    }

    /// <summary>Sets the extents of the program, and the start of its empty heap. Linux: PR_SET_MM of prctl(2).</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="extents">The new value of <see cref="AddressSpace.Program"/>. Nothing else depends on it.</param>
    /// <param name="startBreak">The new <see cref="AddressSpace.StartBreak"/> and <see cref="AddressSpace.Break"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The break is neither the start of a page of the user half nor its end.</exception>
    /// <remarks>A program's last segment may end where the user half does: its heap cannot grow. Linux: set_brk.</remarks>
    public static void SetProgram(this AddressSpace memory, in ProgramExtents extents, VirtualAddress startBreak)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (!startBreak.IsPageAligned || startBreak.Value > PageCount.UserHalf.Bytes)
            throw new ArgumentOutOfRangeException(nameof(startBreak), startBreak, "The break must be a page's border in the user half.");
        using SlowPathTurn turn = memory.Turn();
        memory.Space.Break = memory.Space.Layout.StartBreak = startBreak;
        memory.Space.Layout.Image = extents;
    }

    /// <summary>Returns true if the engine made the process.</summary>
    public static bool Owns(this PagingEngine engine, UserProcess process)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(process);
        engine.Enter();
        return process.Memory.Guard == engine.Parts.Machine.Guard;
    }

    /// <summary>Returns true if the engine made the file.</summary>
    /// <exception cref="ObjectDisposedException">The file was released.</exception>
    public static bool Owns(this PagingEngine engine, GuestFile file)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(file);
        engine.Enter();
        return file.IsOf(engine.Parts.Machine.Guard);
    }
}

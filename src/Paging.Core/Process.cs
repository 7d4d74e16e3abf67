using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Paging.Core.Areas;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;

namespace Paging.Core;

/// <summary>A process: a number, a name, a parent, descriptors and an address space of its own.</summary>
/// <remarks>
/// <see cref="Exit"/> gives the memory back and leaves a zombie that still tells its exit code; <see cref="Dispose"/> reaps it. A reaped
/// process must not be used again: its object serves the next one, so that forking does not allocate.
/// Linux: struct task_struct.
/// </remarks>
[DebuggerDisplay("{Id} {Name}")]
public sealed class Process : IDisposable
{
    private readonly EngineParts _parts;
    private readonly ProcessTable _table;

    internal Process(EngineParts parts, ProcessTable table, SpaceIndex index)
    {
        _parts = parts;
        _table = table;
        Descriptors = new(parts.Files.OpenFiles);
        Memory = new(parts, new(parts.Machine, parts.Files.OpenFiles, parts.Faults, index), Descriptors);
        Files = new(parts.Machine.Guard, parts.Machine.Lists, parts.Io.Calls, Descriptors, Memory);
    }

    /// <summary>The process number: 1, 2, 3, … in the order in which processes are made. Not used again.</summary>
    public int Id { get; private set; }

    /// <summary>What reports call it.</summary>
    public string Name { get; set; } = "";

    /// <summary>The number of the process that forked it; 0 for one that the host made.</summary>
    public int ParentId { get; private set; }

    /// <summary>Its address space and the calls on it.</summary>
    public AddressSpace Memory { get; }

    /// <summary>Its descriptors and the calls on them.</summary>
    public ProcessFiles Files { get; }

    /// <summary>The group that is charged for its memory.</summary>
    public MemoryGroup Group => _parts.Reclaim.Groups[Memory.Space.Group];

    /// <summary>True from <see cref="Exit"/> on.</summary>
    public bool HasExited { get; private set; }

    /// <summary>How readily it is ended when memory is out: −1000 never, 1000 first. Inherited by children. Linux: oom_score_adj.</summary>
    public int OutOfMemoryScore
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1000);
            ArgumentOutOfRangeException.ThrowIfLessThan(value, -1000);
            field = value;
        }
    }

    /// <summary>What <see cref="Exit"/> was told.</summary>
    public int ExitCode { get; private set; }

    internal DescriptorTable Descriptors { get; }

    internal bool IsInUse { get; private set; }

    /// <summary>Makes a child with a copy-on-write copy of the memory. Nothing is copied yet.</summary>
    /// <exception cref="InvalidOperationException">There was no memory for the child's tables and areas. <see cref="TryFork"/> says so by value.</exception>
    public Process Fork() => TryFork(out Process? child) == Errno.None
        ? child!
        : throw new InvalidOperationException("The engine has no memory for a child's page tables or areas.");

    /// <summary>fork(2). ENOMEM: no memory for the child; nothing has changed.</summary>
    public Errno TryFork(out Process? child)
    {
        _parts.Machine.Guard.Enter();
        ThrowIfEnded();
        return _table.TryFork(this, out child) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>Ends the process: its memory and descriptors go back at once.</summary>
    public void Exit(int code = 0)
    {
        _parts.Machine.Guard.Enter();
        if (!IsInUse || HasExited) return;
        ExitCode = code;
        HasExited = true;
        Memory.Space.IsLive = false;
        Descriptors.CloseAll();
        EndMemory();
    }

    /// <summary>Ends the process if need be, and reaps it.</summary>
    public void Dispose()
    {
        if (!IsInUse || _table.IsDisposed) return;
        Exit();
        IsInUse = false;
        _table.TakeBack(this);
    }

    /// <exception cref="ObjectDisposedException">The process has exited or been reaped.</exception>
    internal void ThrowIfEnded() => Memory.Space.ThrowIfEnded();

    /// <summary>Makes the address space new. False: no frame for its directory.</summary>
    internal bool TryBeginMemory(in MemoryLayout layout, in ResourceLimits limits, byte group)
    {
        Space space = Memory.Space;
        space.Group = group;
        space.Tables.Account = _parts.Machine.Lists.Group(group);
        _parts.Machine.Lists.Current = group;
        return space.TryBegin(_parts.Machine.KernelHalf, layout, limits);
    }

    /// <summary>Gives the whole memory back: every page, table and area. Linux: exit_mmap.</summary>
    internal void EndMemory() => _parts.Calls.Unmap.RemoveEverything(Memory.Space);

    internal void Begin(int id, int parentId, string name)
    {
        Id = id;
        ParentId = parentId;
        Name = name;
        HasExited = false;
        ExitCode = 0;
        OutOfMemoryScore = 0;
        IsInUse = true;
        Memory.Space.ProcessId = id;
        Memory.Space.IsLive = true;
    }

    /// <summary>Undoes <see cref="Begin"/> after a fork that found no memory.</summary>
    internal void Abandon()
    {
        Descriptors.CloseAll();
        EndMemory();
        IsInUse = false;
    }
}

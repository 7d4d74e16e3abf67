using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Paging.Native;

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
    private readonly PagingEngine _engine;

    internal Process(PagingEngine engine, SpaceIndex index)
    {
        _engine = engine;
        Memory = new(engine, index) { Process = this };
        Descriptors = new(engine.Files);
        Files = new(engine, this);
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
    public MemoryGroup Group => _engine.Groups[Memory.Group];

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
        _engine.EnterSlowPath();
        ThrowIfEnded();
        return _engine.ProcessTable.TryFork(this, out child) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>The text of /proc/PID/status, as far as the engine can answer it.</summary>
    public string FormatStatus()
    {
        _engine.EnterSlowPath();
        return StatusReport.FormatStatus(this);
    }

    /// <summary>Ends the process: its memory and descriptors go back at once.</summary>
    public void Exit(int code = 0)
    {
        _engine.EnterSlowPath();
        if (!IsInUse || HasExited) return;
        ExitCode = code;
        HasExited = true;
        Descriptors.CloseAll();
        Memory.End();
    }

    /// <summary>Ends the process if need be, and reaps it.</summary>
    public void Dispose()
    {
        if (!IsInUse || _engine.ProcessTable.IsDisposed) return;
        Exit();
        IsInUse = false;
        _engine.ProcessTable.TakeBack(this);
    }

    /// <exception cref="ObjectDisposedException">The process has exited or been reaped.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void ThrowIfEnded()
    {
        if (!IsInUse || HasExited) ThrowEnded();
    }

    [DoesNotReturn]
    private void ThrowEnded() => throw new ObjectDisposedException(GetType().FullName);

    internal void Begin(int id, int parentId, string name)
    {
        Id = id;
        ParentId = parentId;
        Name = name;
        HasExited = false;
        ExitCode = 0;
        OutOfMemoryScore = 0;
        IsInUse = true;
    }

    /// <summary>Undoes <see cref="Begin"/> after a fork that found no memory.</summary>
    internal void Abandon()
    {
        Descriptors.CloseAll();
        Memory.End();
        IsInUse = false;
    }
}

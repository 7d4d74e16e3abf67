using System.Diagnostics;
using Paging.Core;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Processors;
using Paging.Scripting.Calls;
using Paging.View;

namespace Paging.Cli.View;

/// <summary>
/// An i386 program: each system call, each signal, and each stretch of the program in which pages were missing is a step.
/// </summary>
/// <remarks>
/// The seed makes a second run equal to the first, as long as the files that the program reads are the same. Files are written again. A
/// second machine, not yet run, is kept ready for stepping back: building one takes longer than running some thousand steps. A call that
/// is typed in is made on the program's memory between two of its steps; what the program does afterwards is found out anew.
/// </remarks>
internal sealed class ViewedProgram : IViewedRun
{
    private readonly Func<IGuestAccessSink?, SteppedGuest> _begin;
    private readonly List<ViewedStep> _steps = [];
    private readonly TypedCalls _typed = new();
    private SteppedGuest _guest;
    private Task<SteppedGuest> _next;
    private Task _ending = Task.CompletedTask;

    /// <summary>Views a program.</summary>
    /// <param name="begin">Loads it into a new machine, which reports accesses to the sink, if any.</param>
    /// <param name="guest">The first such machine.</param>
    public ViewedProgram(Func<IGuestAccessSink?, SteppedGuest> begin, SteppedGuest guest) =>
        (_begin, _guest, _next) = (begin, guest, Task.Run(() => begin(null)));

    public PagingEngine Engine => _guest.Engine;

    public IReadOnlyList<ViewedStep> Steps => _steps;

    public bool IsComplete { get; private set; }

    public int Position { get; private set; }

    public ViewedProgramState? Program => new(_guest.Threads, _guest.Output);

    public IReadOnlyList<CounterView> Counters => _guest.Ledger is { } ledger ? ViewedCosts.Of(ledger) : [];

    public bool TryStep(ICollection<EngineEvent> happened)
    {
        if (_typed.Find(Position) is not null)
        {
            _guest.Engine.BindToCurrentThread();
            _steps[Position] = _typed.Execute(_guest.Engine, Position);
            _guest.TakeEvents(happened);
            Position++;
            return true;
        }

        if (!_guest.TryStep(happened, out ViewedStep step))
        {
            IsComplete = true;
            return false;
        }

        if (Position == _steps.Count) _steps.Add(step);
        else _steps[Position] = step;
        Position++;
        if (IsComplete && Position == _steps.Count) _guest.TryStep(happened, out _);    // no step reports how a killed program ends
        return true;
    }

    public void Restart(int position)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)position, (uint)_steps.Count, nameof(position));
        SteppedGuest old = _guest;
        old.Stop();
        _guest = _next.GetAwaiter().GetResult();
        Position = 0;
        foreach (int typed in _typed.Steps.TakeWhile(typed => typed < position))
        {
            if (!TrySkipTo(typed)) break;
            TryStep([]);
        }

        TrySkipTo(position);
        _ending = Task.WhenAll(_ending, Task.Run(old.Dispose));
        _next = Task.Run(() => _begin(null));
    }

    /// <summary>Takes the same steps on a machine of its own that reports every store.</summary>
    public ViewedWrite? FindLastWrite(int processId, VirtualAddress address, TimeSpan patience)
    {
        long start = Stopwatch.GetTimestamp();
        WriteFollower writes = new(address);
        using SteppedGuest guest = _begin(new StoreSink(address, writes));
        guest.Engine.BindToCurrentThread();
        writes.Look(guest.Engine, 0);
        TypedCalls typed = _typed.Copy();
        for (int done = 1; done <= Position; done++)
        {
            if (Stopwatch.GetElapsedTime(start) > patience) throw new TimeoutException();
            if (typed.Find(done - 1) is not null)
            {
                typed.Execute(guest.Engine, done - 1);
                writes.Look(guest.Engine, done);
                continue;
            }

            if (!guest.TryStep([], out ViewedStep step)) break;
            if (!string.Equals(step.Text, _steps[done - 1].Text, StringComparison.Ordinal))
                throw new InvalidOperationException($"It does not repeat itself: step {done} is '{step}' and was '{_steps[done - 1]}'.");
            guest.Engine.BindToCurrentThread();
            writes.Look(guest.Engine, done);
        }

        ViewedWrite? last = writes.LastOf(processId);
        return last?.Instruction is { } at ? last with { Code = ThreadText.InstructionAt(guest.Engine, last.ProcessId, at) } : last;
    }

    public string? Insert(string line)
    {
        _guest.Engine.BindToCurrentThread();
        ViewedStep made = _typed.Insert(_guest.Engine, Position, line, RefusalOf, out string? refusal);
        if (refusal is not null) return refusal;
        ForgetFrom(Position);
        _steps.Add(made);
        return null;
    }

    public ScenarioCall? CallOf(int step) => _typed.Find(step);

    public void TakeOut()
    {
        _typed.DropFrom(Position);
        ForgetFrom(Position);
    }

    public void Dispose()
    {
        _guest.Dispose();
        _ending.GetAwaiter().GetResult();
        ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        if (_next.IsCompletedSuccessfully) _next.Result.Dispose();
    }

    /// <summary>A program's processes and descriptors have a side outside the engine, which these calls would leave out.</summary>
    private static string? RefusalOf(CallName name) => name is CallName.Fork or CallName.Exit or (>= CallName.Open and <= CallName.Fsize)
        ? $"{ScriptCalls.Of(name).Spelling} is left to the program itself: its processes and files are not the engine's alone" : null;

    // Returns false if the program ended before, which it did not when the steps were taken first.
    private bool TrySkipTo(int position)
    {
        Position += _guest.Skip(position - Position);
        return Position == position;
    }

    private void ForgetFrom(int step)
    {
        _steps.RemoveRange(step, _steps.Count - step);
        IsComplete = false;
    }

    /// <summary>Reports the instructions that store to one byte.</summary>
    private sealed class StoreSink(VirtualAddress address, WriteFollower writes) : IGuestAccessSink
    {
        private VirtualAddress _instruction;

        public void Take(in GuestAccess access)
        {
            if (access.Kind == GuestAccessKind.Fetch) _instruction = access.Address;
            else if (access.Kind != GuestAccessKind.Load && address - access.Address < (uint)access.ByteLength)
                writes.Note(access.Process.Id, _instruction);
        }
    }
}

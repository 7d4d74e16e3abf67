using Paging.Core;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Calls;

namespace Paging.View;

/// <summary>One step of a run: a call, a stretch of a program, an access.</summary>
/// <param name="Name">The call's name in small letters, which breakpoints on calls compare.</param>
/// <param name="Text">The text on the page.</param>
/// <param name="Result">Its result; null if unknown, or part of the text.</param>
/// <param name="Page">The page that it accesses by itself; null: none, or known by its events only.</param>
/// <param name="Process">The number of the process that takes it, as the run counts; null: unknown.</param>
public readonly record struct ViewedStep(string Name, string Text, string? Result = null, PageNumber? Page = null, int? Process = null)
{
    /// <summary>The text, and the result if there is one.</summary>
    public override string ToString() => Result is null ? Text : $"{Text} = {Result}";
}

/// <summary>A program between two steps, as text.</summary>
/// <param name="Threads">The registers and the next instructions of its threads.</param>
/// <param name="Output">The end of its standard output and standard error.</param>
public sealed record ViewedProgramState(string Threads, string Output);

/// <summary>A run that can be inspected between its steps, and that can begin again: a script, a program, a trace.</summary>
/// <remarks>
/// A repeated run takes the same steps: that is how a view goes back. Between two steps the engine may be bound to the thread that inspects
/// it (<see cref="PagingEngine.BindToCurrentThread"/>); the run takes it back by itself.
/// </remarks>
public interface IViewedRun : IDisposable
{
    /// <summary>The engine of the run; another one after <see cref="Restart"/>.</summary>
    PagingEngine Engine { get; }

    /// <summary>The steps that are known: those taken before, and of a script those to come. They stay known after a restart.</summary>
    IReadOnlyList<ViewedStep> Steps { get; }

    /// <summary>No step comes after the last known one.</summary>
    bool IsComplete { get; }

    /// <summary>The number of steps taken since the start.</summary>
    int Position { get; }

    /// <summary>Takes the next step, and adds its events. Returns false if there is none.</summary>
    bool TryStep(ICollection<EngineEvent> happened);

    /// <summary>Begins again, and takes the first steps as before. Their events are known, and not recorded again.</summary>
    /// <param name="position">The number of steps; at most those that are known.</param>
    void Restart(int position);

    /// <summary>The number that the run's own language gives to the engine's first process.</summary>
    int FirstNumber => 1;

    /// <summary>The parts of a program besides its memory, once the engine is bound; null for other runs.</summary>
    ViewedProgramState? Program => null;

    /// <summary>Counters of the run's own, such as its time; none unless it counts something.</summary>
    IReadOnlyList<CounterView> Counters => [];

    /// <summary>Finds the last writer of a byte, from the start to the present step. The run stays where it is.</summary>
    /// <param name="processId">A process that lives now.</param>
    /// <param name="address">The byte.</param>
    /// <param name="patience">The time that it may take. Cost: that of the steps so far, and of a program's every instruction.</param>
    /// <returns>Null: nothing has written it at this address. Bytes of files, and those that mremap(2) moved, have no writer.</returns>
    /// <exception cref="TimeoutException">It takes longer.</exception>
    /// <exception cref="InvalidOperationException">The run does not take the same steps again: its files have changed.</exception>
    ViewedWrite? FindLastWrite(int processId, VirtualAddress address, TimeSpan patience);

    /// <summary>The call of the scenario language that a step is, counted from 0; null: it is none.</summary>
    ScenarioCall? CallOf(int step) => null;

    /// <summary>Makes a call of the scenario language the next step. Returns why not; null: it is.</summary>
    /// <remarks>Calls typed in before that would come next, because the view went back, are dropped.</remarks>
    /// <exception cref="Paging.Scripting.Parsing.ScenarioFormatException">It is no such call.</exception>
    string? Insert(string line);

    /// <summary>Takes the next step out of the run: it was typed in.</summary>
    void TakeOut();
}

using System.Globalization;
using System.Runtime;

namespace Paging.Testing.Generating;

/// <summary>Ends a caller's code that runs for too long, on the thread of the caller, to whom its engines belong.</summary>
/// <remarks>
/// The seed is printed when the time is over, and the code is ended, as a debugger's evaluation is. Native code, and the cleanup of the
/// ended code, cannot be ended: then the printed line is all that there is. Cost: some microseconds for each case.
/// </remarks>
internal readonly struct TimeLimit
{
    // Three times as slow a machine, under load, ends no case that takes seconds.
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    [ThreadStatic]
    private static bool _isRunning;    // a check within a case: the outer limit holds

    private readonly TimeSpan _most;

    /// <exception cref="ArgumentOutOfRangeException">The limit is not above 0.</exception>
    public TimeLimit(TimeSpan? most, string parameter = "timeLimit")
    {
        _most = most ?? Usual;
        if (_most == Timeout.InfiniteTimeSpan) return;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_most, TimeSpan.Zero, parameter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_most, TimeSpan.FromDays(1), parameter);
    }

    /// <summary>Runs an action. Returns false if it was ended.</summary>
    /// <param name="action">The action.</param>
    /// <param name="what">The case, with its seed: the beginning of the printed line.</param>
    public bool TryRun(Action action, Func<string> what)
    {
        if (_most == Timeout.InfiniteTimeSpan || _isRunning)
        {
            action();
            return true;
        }

        string limit = ToString();
        using CancellationTokenSource end = new(_most), notice = new(_most);    // two: code that cannot be ended blocks the first
        using CancellationTokenRegistration line = notice.Token.Register(
            () => Console.Error.WriteLine($"{what()} has run for {limit}, and is ended."));
        _isRunning = true;
        try
        {
            RunControlled(action, end.Token);
            return true;
        }
        catch (Exception) when (end.IsCancellationRequested)    // the end, or what the code's cleanup has thrown at it
        {
            return false;
        }
        finally
        {
            _isRunning = false;
        }
    }

    /// <summary>Runs an action that is part of a check.</summary>
    /// <exception cref="CheckFailedException">It was ended.</exception>
    public void Run(Action action, Func<string> what)
    {
        if (!TryRun(action, what)) throw Exceeded(what());
    }

    /// <summary>The failure of a case that was ended.</summary>
    public CheckFailedException Exceeded(string what) => new($"{what} has not ended within {this}.");

    /// <summary>Prints <c>30 s</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_most.TotalSeconds} s");

    private static void RunControlled(Action action, CancellationToken end)
    {
#pragma warning disable SYSLIB0046 // For code that is not trusted to end. What it leaves is not used again: the check has failed
        try { ControlledExecution.Run(action, end); }
        catch (PlatformNotSupportedException) when (!end.IsCancellationRequested) { action(); }    // compiled ahead: the line is printed
#pragma warning restore SYSLIB0046
    }
}

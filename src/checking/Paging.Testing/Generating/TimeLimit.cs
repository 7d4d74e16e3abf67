using System.Globalization;

namespace Paging.Testing.Generating;

/// <summary>Runs a caller's code on another thread, and abandons that thread if the code runs for too long.</summary>
/// <remarks>
/// .NET can end no thread without danger for the process, so a case that does not return goes on until the process ends; the loops of the
/// checks themselves return when their token is cancelled. Without a limit a case runs on the caller's thread.
/// </remarks>
internal sealed class TimeLimit : IDisposable
{
    // Three times as slow a machine, under load, ends no case that takes seconds.
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _most;
    private CaseThread? _thread;

    /// <exception cref="ArgumentOutOfRangeException">The limit is not above 0.</exception>
    public TimeLimit(TimeSpan? most, string parameter = "timeLimit")
    {
        _most = most ?? Usual;
        if (_most == Timeout.InfiniteTimeSpan) return;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_most, TimeSpan.Zero, parameter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_most, TimeSpan.FromDays(1), parameter);
    }

    /// <summary>Runs an action, and throws what it throws. Within a case of another check, that check's limit holds.</summary>
    /// <param name="action">The action. Should return soon after its token is cancelled; its result is not used then.</param>
    /// <param name="what">The case, with its seed: the beginning of the printed line.</param>
    /// <returns>False if it has not returned in the time.</returns>
    public bool TryRun(Action<CancellationToken> action, Func<string> what)
    {
        if (_most == Timeout.InfiniteTimeSpan || CaseThread.IsCurrent)
        {
            action(CancellationToken.None);
            return true;
        }

        _thread ??= new();
        if (_thread.TryRun(action, _most)) return true;
        _thread = null;
        Console.Error.WriteLine($"{what()} has run for {this}, and its thread is abandoned.");
        return false;
    }

    /// <summary>Runs an action that is part of a check.</summary>
    /// <exception cref="CheckFailedException">It has not returned in the time.</exception>
    public void Run(Action<CancellationToken> action, Func<string> what)
    {
        if (!TryRun(action, what)) throw Exceeded(what());
    }

    /// <summary>The failure of a case that has not returned.</summary>
    public CheckFailedException Exceeded(string what) => new($"{what} has not ended within {this}.");

    /// <summary>Prints <c>30 s</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_most.TotalSeconds} s");

    public void Dispose() => _thread?.Dispose();
}

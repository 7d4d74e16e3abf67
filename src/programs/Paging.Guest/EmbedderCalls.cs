using Paging.Core;
using Paging.Processors;

namespace Paging.Guest;

/// <summary>Calls the embedder's code. An exception from there ends the run, not a guest's process.</summary>
/// <remarks>The flag stays set after an exception, so that <see cref="Scheduler"/> can recognise an exception of the embedder's.</remarks>
internal sealed class EmbedderCalls(GuestKernelOptions options) : IGuestAccessSink
{
    /// <summary>True while the embedder's code runs, and after it has thrown.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Clears the flag before the next run.</summary>
    public void Reset() => IsUnderWay = false;

    /// <summary>Reports a stretch of a program, or one of its system calls, to the observer.</summary>
    public void Observe(UserProcess process, string? call, long nanoseconds)
    {
        if (options.Observer is not { } observer) return;
        IsUnderWay = true;
        observer.OnProgress(process, call, nanoseconds);
        IsUnderWay = false;
    }

    public void Take(in GuestAccess access)
    {
        IsUnderWay = true;
        options.Accesses!.Take(access);
        IsUnderWay = false;
    }

    /// <summary>Writes to the trace of system calls.</summary>
    public void Trace(string text)
    {
        IsUnderWay = true;
        options.Trace?.Write(text);
        IsUnderWay = false;
    }

    /// <summary>Reports an internal error.</summary>
    public void Report(string line)
    {
        IsUnderWay = true;
        options.OnInternalError?.Invoke(line);
        IsUnderWay = false;
    }

    /// <summary>Hands out a process that a signal ends.</summary>
    public void Report(GuestCore core)
    {
        IsUnderWay = true;
        options.OnCore?.Invoke(core);
        IsUnderWay = false;
    }
}

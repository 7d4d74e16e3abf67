using Paging.Core;
using Paging.Guest.Syscalls;
using Paging.Processors.DirectExecution;

namespace Paging.Guest.Tests;

/// <summary>An exception in the service of one process ends that process alone, and is reported.</summary>
public sealed class ServiceFailureTests(BuiltPrograms programs)
{
    private const int GetGroup = 132, ExitGroup = 252;

    [Theory]
    [InlineData(GuestExecution.Emulated)]
    [InlineData(GuestExecution.Direct)]
    public void ACallThatThrowsEndsItsProcessAlone(GuestExecution execution)
    {
        (Outcome outcome, string[] reports) = Run(execution, static kernel =>
            kernel.Calls.Replace(GetGroup, static (_, in _) => throw new InvalidCastException("two\nlines")));
        Assert.Equal("child ended by signal 31\nparent goes on\n", outcome.Output);
        Assert.Equal(0, outcome.Status);
        string report = Assert.Single(reports);
        Assert.StartsWith("internal error: process 1001 (contained) was ended, as by SIGSYS, in system call getpgid (132): "
            + "InvalidCastException: two lines (at ", report, StringComparison.Ordinal);
    }

    /// <summary>Both threads end, though only one has made the call, and so does a process whose own end throws.</summary>
    [Theory]
    [InlineData(GuestExecution.Emulated)]
    [InlineData(GuestExecution.Direct)]
    public void AProcessWhoseEndThrowsEndsWithAllItsThreads(GuestExecution execution)
    {
        (Outcome outcome, string[] reports) = Run(execution, static kernel =>
        {
            CallHandler exit = kernel.Calls[ExitGroup]!.Handler;
            kernel.Calls.Replace(ExitGroup, (task, in call) =>
            {
                _ = exit(task, call);
                throw new InvalidOperationException("beyond its end");
            });
            kernel.Calls.Replace(GetGroup, (task, in call) => kernel.Calls[ExitGroup]!.Handler(task, call));
        });
        Assert.Equal("parent goes on\n", outcome.Output[^15..]);
        Assert.Contains("beyond its end", reports[0], StringComparison.Ordinal);
    }

    [Fact]
    public void APageFaultThatThrowsEndsItsProcessAlone()
    {
        (Outcome outcome, string[] reports) = Run(GuestExecution.Direct, static kernel =>
        {
            DirectProcessor processor = (DirectProcessor)kernel.Processor;
            processor.FaultSeen = (address, _) =>
            {
                if (address.Value == 0x5EAD_0000) throw new InvalidOperationException("a fault");
            };
        });
        Assert.Equal("child ended by signal 31\nparent goes on\n", outcome.Output);
        Assert.Contains("in a page fault, signal or slice at", Assert.Single(reports), StringComparison.Ordinal);
    }

    /// <summary>Killing the host's process that executes a program ends only that program's process, with a report of one line.</summary>
    [Fact]
    public void AProgramWhoseStubIsKilledEndsAlone()
    {
        IEnumerable<string> kills = [];
        (Outcome outcome, string[] reports) = Run(GuestExecution.Direct, kernel =>
        {
            kills = kernel.MemoryKillReports;
            kernel.Calls.Replace(GetGroup, (_, in _) =>
            {
                using System.Diagnostics.Process stub =
                    System.Diagnostics.Process.GetProcessById(((DirectProcessor)kernel.Processor).StubId);
                stub.Kill();
                return 0;
            });
        });
        Assert.Equal("child ended by signal 9\nparent goes on\n", outcome.Output);
        Assert.Empty(reports);
        Assert.Equal("process 1001 (contained) was killed: the host has ended the process that executed it", Assert.Single(kills));
    }

    /// <summary>An exception of the embedder's own code reaches the embedder, and ends the run.</summary>
    [Fact]
    public void AnObserversExceptionEndsTheRun()
    {
        using GuestRun run = new() { Observer = new ThrowingObserver() };
        string program = run.Install(programs.Find("contained"), "contained");
        Assert.Throws<TimeZoneNotFoundException>(() => run.AsGuest(program));
    }

    private (Outcome Outcome, string[] Reports) Run(GuestExecution execution, Action<GuestKernel> change)
    {
        List<string> lines = [];
        using GuestRun run = new() { Execution = execution, Pace = GuestPace.Host, Made = change, OnInternalError = lines.Add };
        Outcome outcome = run.AsGuest(run.Install(programs.Find("contained"), "contained"));
        return (outcome, [.. lines]);
    }

    private sealed class ThrowingObserver : IGuestObserver
    {
        public void Started(PagingEngine engine)
        {
        }

        public void OnProgress(UserProcess process, string? call, long nanoseconds) => throw new TimeZoneNotFoundException();
    }
}

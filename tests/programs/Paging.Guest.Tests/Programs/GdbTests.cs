using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Paging.Guest.Tests;

/// <summary>Debian's gdb debugs a guest over a connection of its own protocol.</summary>
[Trait("Category", "Slow")]
public sealed class GdbTests(BuiltPrograms programs)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public void BreakpointsStepsAndRegisters()
    {
        string text = Debug("break twice", "continue", "bt 2", "print n", "stepi", "info registers eip", "finish", "print $xmm0.uint128",
            "set var counter = 77", "print counter", "detach");
        Assert.Contains("Breakpoint 1, twice (n=5)", text, StringComparison.Ordinal);
        Assert.Contains("in main ()", text, StringComparison.Ordinal);
        Assert.Contains("Value returned is $2 = 10", text, StringComparison.Ordinal);
        Assert.Contains("$4 = 77", text, StringComparison.Ordinal);
    }

    [Fact]
    public void WatchpointsThroughThePageTables()
    {
        string text = Debug("watch counter", "continue", "continue", "continue", "delete", "rwatch table[1500]", "continue", "info threads",
            "delete", "kill");
        Assert.Contains("New value = 5", text, StringComparison.Ordinal);
        Assert.Contains("Old value = 5\nNew value = 7", text, StringComparison.Ordinal);
        Assert.Contains("Old value = 7\nNew value = 11", text, StringComparison.Ordinal);
        Assert.Contains("Hardware read watchpoint 2: table[1500]\n\nValue = 10", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ThreadsMappingsAndReportsOfTheEngine()
    {
        string text = Debug("break add", "continue", "info threads", "thread 1", "info proc mappings", "monitor maps",
            "monitor pte 0x8049000", "monitor frame 100", "monitor faults", "kill");
        Assert.Contains("Thread 1000.1000 (debugged, waits)", text, StringComparison.Ordinal);
        Assert.Contains("Thread 1000.1001 (debugged)", text, StringComparison.Ordinal);
        Assert.Contains("[stack]", text, StringComparison.Ordinal);
        Assert.Matches("08049000-[0-9a-f]+ r-xp 00001000", text);
        Assert.Matches("PTE +73 of the table in frame [0-9a-f]+: [0-9a-f]{8} frame [0-9a-f]+ P US A", text);
        Assert.Contains("frame 00100 ", text, StringComparison.Ordinal);
        Assert.Contains("this process: minor ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void AFaultStopsAndThenEndsTheProgram()
    {
        string text = Debug("continue", "print $_siginfo", "continue");
        Assert.Contains("received signal SIGSEGV", text, StringComparison.Ordinal);
        Assert.Contains("Program terminated with signal SIGSEGV", text, StringComparison.Ordinal);
    }

    /// <summary>An interrupt stops a program that makes no call.</summary>
    [Fact]
    public async Task AnInterruptStopsALoop()
    {
        RequiredProcessor.Check();
        string program = programs.Find("spin");
        using GuestRun run = new();
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using TcpClient client = new();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        await using NetworkStream wire = client.GetStream();
        string inside = run.Install(program, "spin");
        Socket socket = listener.AcceptSocket();
        Task<Outcome> guest = Task.Run(
            () => run.AsGuest(new NetworkStream(socket, ownsSocket: true), inside, "aloud"), TestContext.Current.CancellationToken);
        wire.Write("$?#3f$vCont;c#a8"u8);
        Assert.Contains("$T05thread:", Read(wire), StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => new FileInfo(run.OutputFile) is { Exists: true, Length: > 0 }, Patience));
        wire.WriteByte(3);
        Assert.Contains("$T02thread:", Read(wire), StringComparison.Ordinal);
        wire.Write("$k#6b"u8);
        await guest.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(GuestEnd.Stopped, run.End);
    }

    private string Debug(params string[] commands)
    {
        using GuestRun run = new();
        return GdbSession.Execute(run, programs, "debugged", commands).Said;
    }

    private static string Read(NetworkStream wire)
    {
        StringBuilder text = new();
        while (!text.ToString().Contains(';', StringComparison.Ordinal)) text.Append((char)wire.ReadByte());
        return text.ToString();
    }
}

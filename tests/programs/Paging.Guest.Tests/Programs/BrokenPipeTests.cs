using System.IO.Pipes;

namespace Paging.Guest.Tests;

/// <summary>A program whose standard output is a pipe of the host that nobody reads. Linux: anon_pipe_write sends SIGPIPE.</summary>
public sealed class BrokenPipeTests(BuiltPrograms programs)
{
    [Fact]
    public void AProgramIsKilledAsOnTheHost()
    {
        GuestExecution execution = GuestRun.AnyExecution;
        RequiredProcessor.Check(isDirect: execution == GuestExecution.Direct);
        string program = programs.Find("places");
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        pipe.DisposeLocalCopyOfClientHandle();
        using GuestKernel kernel = new(new()
        {
            Engine = new() { RamBytes = 16 << 20 },
            Root = Path.GetDirectoryName(program)!,
            WorkingDirectory = "/",
            Execution = execution,
            Pace = GuestRun.PaceOf(execution),
            StandardStreams = [-1, (int)pipe.SafePipeHandle.DangerousGetHandle(), -1],
        });
        Assert.Equal(Core.Errno.None, kernel.Start("/places", [], []));
        Assert.Equal(128 + 13, kernel.Run().ShellStatus);
    }
}

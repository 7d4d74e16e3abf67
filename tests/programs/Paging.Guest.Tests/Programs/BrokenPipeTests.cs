using System.IO.Pipes;

namespace Paging.Guest.Tests;

/// <summary>A program whose standard output is a pipe of the host that nobody reads. Linux: anon_pipe_write sends SIGPIPE.</summary>
public sealed class BrokenPipeTests(BuiltPrograms programs)
{
    [Fact]
    public void AProgramIsKilledAsOnTheHost()
    {
        RequiredProcessor.Check();
        string program = programs.Find("places");
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        pipe.DisposeLocalCopyOfClientHandle();
        using GuestKernel kernel = new(new()
        {
            Engine = new() { RamBytes = 16 << 20 },
            Root = Path.GetDirectoryName(program)!,
            WorkingDirectory = "/",
            StandardStreams = [-1, (int)pipe.SafePipeHandle.DangerousGetHandle(), -1],
        });
        Assert.Equal(Core.Errno.None, kernel.Start("/places", [], []));
        Assert.Equal(128 + 13, kernel.Run().ShellStatus);
    }
}

namespace Paging.Guest.Tests;

/// <summary>There are as many threads as Linux allows with so much RAM; then EAGAIN, until some have ended.</summary>
public sealed class ThreadLimitTests(BuiltPrograms programs)
{
    private const int RamBytes = 32 << 20, BytesOfThread = 64 << 10;

    [Fact]
    public void ThreadsAndProcessesEndWithEagain()
    {
        using GuestRun run = new() { Engine = new() { RamBytes = RamBytes } };
        Outcome guest = run.AsGuest(run.Install(programs.Find("many"), "many"));
        int most = (RamBytes / BytesOfThread) - 1;    // the first thread is one of them
        Assert.Equal($"threads: {most}, EAGAIN\nfork: EAGAIN\nagain: yes\n", guest.Output);
        Assert.Equal(0, guest.Status);
    }
}

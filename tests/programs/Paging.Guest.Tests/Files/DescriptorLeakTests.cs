namespace Paging.Guest.Tests;

/// <summary>A machine closes every descriptor of the host that it has opened. Alone, since other tests open some of their own.</summary>
[Trait("Category", "Slow")]
[Collection(nameof(DescriptorLeakTests)), CollectionDefinition(nameof(DescriptorLeakTests), DisableParallelization = true)]
public sealed class DescriptorLeakTests(BuiltPrograms programs)
{
    private const int RunCount = 4;

    [Fact]
    public void NoDescriptorOfTheHostIsLeftBehind()
    {
        using GuestRun run = new();
        string program = run.Install(programs.Find("files"), "files");
        run.AsGuest(program);
        int before = CountDescriptors();
        for (int i = 0; i < RunCount; i++) run.AsGuest(program);
        Assert.InRange(CountDescriptors(), 0, before + RunCount - 1);    // .NET may open some, but not one for each run
    }

    private static int CountDescriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}

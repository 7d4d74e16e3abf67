namespace Paging.WindowsGuest.Tests;

/// <summary>Images that are damaged are refused in words; one whose place is taken is moved.</summary>
public sealed class ImageTests(BuiltWindowsPrograms programs)
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(0x3F)]
    [InlineData(0x100)]
    [InlineData(0x300)]
    public void AFileThatIsCutIsRefused(int byteLength)
    {
        byte[] file = File.ReadAllBytes(programs.Find("hello"))[..byteLength];
        Assert.NotEmpty(RefusalOf(file));
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void DamagedHeadersNeverEndInAnException()
    {
        byte[] good = File.ReadAllBytes(programs.Find("hello"));
        Random random = new(1);
        for (int turn = 0; turn < 100; turn++)
        {
            byte[] file = (byte[])good.Clone();
            for (int i = random.Next(1, 5); i > 0; i--) file[random.Next(0x400)] = (byte)random.Next(256);
            if (turn % 10 == 0) file = file[..random.Next(file.Length)];
            _ = RefusalOf(file);
        }
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void AnImageThatCannotBeAtItsBaseIsMoved()
    {
        (WindowsOutcome outcome, string output) = GuestProgramRun.Of(programs.Find("moved"));
        Assert.Equal((7u, "hello\n"), (outcome.ExitCode, output));
    }

    [Fact]
    public void EveryFunctionHasOneStub()
    {
        string[] names = [.. WindowsProgram.KnownFunctions];
        Assert.Equal(names.Distinct(StringComparer.Ordinal), names, StringComparer.Ordinal);
        Assert.Contains("kernel32.dll.VirtualAlloc", names, StringComparer.Ordinal);
    }

    private static string RefusalOf(byte[] file)
    {
        GuestProgramRun.RequireProcessor();
        if (WindowsProgram.TryLoad(file, new() { PageFileBytes = 0, Engine = new() { RamBytes = 8 << 20 } }, out WindowsProgram? program,
            out string refusal)) program!.Dispose();
        return refusal;
    }
}

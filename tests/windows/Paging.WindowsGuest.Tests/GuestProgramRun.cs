using System.Text;
using Paging.Processors.Emulation;
using Paging.Windows;

namespace Paging.WindowsGuest.Tests;

/// <summary>Runs a program as a guest, and checks the engine when it has ended.</summary>
internal static class GuestProgramRun
{
    /// <summary>Skips where there is no processor.</summary>
    public static void RequireProcessor()
    {
        if (!GuestProcessor.IsAvailable(out string reason)) Assert.Skip(reason);
    }

    /// <summary>Runs a program to its end.</summary>
    public static (WindowsOutcome Outcome, string Output) Of(
        string path, Action<WindowsProgram>? afterwards = null, WindowsProgramOptions? settings = null)
    {
        RequireProcessor();
        using MemoryStream output = new();
        WindowsProgramOptions options = (settings ?? new() { CommandLine = Path.GetFileName(path) }) with { Output = output };
        Assert.True(WindowsProgram.TryLoad(File.ReadAllBytes(path), options, out WindowsProgram? loaded, out string refusal), refusal);
        using WindowsProgram program = loaded!;
        WindowsOutcome outcome = program.Run();
        Assert.Empty(program.Engine.Audit().Findings);
        Assert.Empty(WindowsMachine.Of(program.Engine).Audit().Findings);
        afterwards?.Invoke(program);
        return (outcome, Encoding.Latin1.GetString(output.ToArray()));
    }
}

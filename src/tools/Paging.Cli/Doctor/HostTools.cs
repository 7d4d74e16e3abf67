using System.Diagnostics;
using Paging.Processors.DirectExecution;
using Paging.Processors.Emulation;

namespace Paging.Cli.Doctor;

/// <summary>The tools to check, the most important ones first.</summary>
internal static class HostTools
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<HostTool> All =>
    [
        new("i386 code", "paging run on the host's processor (--processor host)", "a kernel with CONFIG_IA32_EMULATION, and ptrace(2)",
            HostProcessor),
        new("Unicorn 2.1", "paging run on an emulated processor (--seed, --trace, --gdb)", "tools/get-unicorn.sh", Unicorn),
        new("i386 programs", "busybox and shells of Debian as guests (tests)", "tools/get-i386.sh", Programs),
        new("gcc -m32", "tests that build programs for guests, and compare them with the host",
            "sudo apt-get install gcc-multilib", Compiler),
        new("/dev/kvm", "the page tables compared with a real processor (tests)",
            "sudo modprobe kvm-amd || sudo modprobe kvm-intel; sudo usermod -aG kvm $USER", Kvm),
        OnPath("gdb", "tests of paging run --gdb", "gdb"),
        OnPath("valgrind", "tests that compare paging run --trace with lackey", "valgrind"),
        OnPath("redis-server", "redis as a guest (tests)", "redis-server"),
        OnPath("chromium", "tests of the pages in a browser", "chromium"),
    ];

    private static HostTool OnPath(string program, string purpose, string package) =>
        new(program, purpose, $"sudo apt-get install {package}", () => FindOnPath(program) is { } path
            ? new(true, path) : new(false, "not on the PATH"));

    private static ToolFinding HostProcessor() => DirectProcessor.IsAvailable(out string reason)
        ? new(true, "executed by this host") : new(false, reason);

    private static ToolFinding Unicorn() => GuestProcessor.IsAvailable(out string reason)
        ? new(true, $"version {GuestProcessor.LibraryVersion}") : new(false, reason.Split(". ")[0]);

    private static ToolFinding Programs()
    {
        string? named = Environment.GetEnvironmentVariable("PAGING_I386");
        foreach (string? folder in (string?[])[named, Repository() is { } root ? Path.Combine(root, "artifacts", "i386") : null])
        {
            if (!string.IsNullOrEmpty(folder) && File.Exists(Path.Combine(folder, "bin", "busybox"))) return new(true, folder);
        }

        return new(false, "neither in PAGING_I386 nor in artifacts/i386");
    }

    private static ToolFinding Compiler()
    {
        if (FindOnPath("gcc") is not { } gcc) return new(false, "not on the PATH");
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(gcc, ["-m32", "-static", "-xc", "-o/dev/null", "-"])
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            })!;
            process.StandardInput.Write("#include <stdio.h>\nint main(void) { return puts(\"\"); }\n");
            process.StandardInput.Close();
            string diagnostics = process.StandardError.ReadToEnd();
            if (!process.WaitForExit(Patience)) process.Kill();
            return process.ExitCode == 0 ? new(true, gcc) : new(false, $"it cannot build:\n{diagnostics.TrimEnd()}");
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or IOException)
        {
            return new(false, exception.Message.ReplaceLineEndings(" "));
        }
    }

    private static ToolFinding Kvm()
    {
        const string Device = "/dev/kvm";
        if (!File.Exists(Device)) return new(false, "there is no such device");
        try
        {
            using FileStream opened = new(Device, FileMode.Open, FileAccess.ReadWrite);
            return new(true, Device);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new(false, "it cannot be opened");
        }
    }

    private static string? FindOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    private static string? Repository()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Paging.sln"))) return folder;
        return null;
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Paging.Bench.Harness;

namespace Paging.Bench.Peers;

/// <summary>The C++ compiler of this host: contenders in C++ are compiled in each run, for this very processor.</summary>
internal static class CppCompiler
{
    private const string Name = "g++";

    /// <summary>Why there is none; null where it is there.</summary>
    public static string? Absence { get; } =
        OperatingSystem.IsLinux()
            && (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(static folder => File.Exists(Path.Combine(folder, Name)))
            ? null
            : $"there is no {Name} here.";

    /// <summary>Compiles source files that this program carries, one after the other, and loads them. Takes half a second.</summary>
    /// <exception cref="BrokenBenchmarkException">The compiler refuses them.</exception>
    public static nint Load(params string[] sourceNames)
    {
        string path = Path.Combine(Path.GetTempPath(), $"paging-bench-{Environment.ProcessId}-{Guid.NewGuid():N}.so");
        try
        {
            Compile(sourceNames, path);
            return NativeLibrary.Load(path);
        }
        finally
        {
            File.Delete(path);    // the process keeps what it has loaded
        }
    }

    private static void Compile(string[] sourceNames, string path)
    {
        ProcessStartInfo start = new(Name, ["-O2", "-march=native", "-shared", "-fPIC", "-x", "c++", "-o", path, "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            using Process compiler = Process.Start(start) ?? throw new BrokenBenchmarkException($"{Name} did not start.");
            foreach (string name in sourceNames)
            {
                using Stream source = typeof(CppCompiler).Assembly.GetManifestResourceStream(name)!;
                source.CopyTo(compiler.StandardInput.BaseStream);
            }

            compiler.StandardInput.Close();
            string complaint = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            BrokenBenchmarkException.ThrowUnless(compiler.ExitCode == 0,
                $"{Name} does not compile {sourceNames[^1]}: {complaint.Split('\n')[0]}");
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            throw new BrokenBenchmarkException($"{Name} cannot be run: {exception.Message}", exception);
        }
    }
}

using System.Diagnostics;

namespace Paging.Interop.Tests;

/// <summary>The compilers of this machine, and the library that one publication of the project makes for all tests.</summary>
internal static class CCompiler
{
    private const string Project = "src/interop/Paging.Interop";

    private static readonly Lazy<string> Built = new(Publish);

    /// <summary>The folder of libpaging.so.</summary>
    public static string Library => Built.Value;

    /// <summary>Skips the test if there is no such compiler, or this is not the system that the library is for.</summary>
    public static void Require(string compiler = "gcc")
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "libpaging.so is for Linux.");
        bool isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(one => File.Exists(Path.Combine(one, compiler)));
        Assert.SkipUnless(isThere, $"There is no {compiler} here: apt-get install {compiler}");
    }

    /// <summary>A new folder for the files of a test.</summary>
    public static string TakeFolder() => Directory.CreateTempSubdirectory("paging-c").FullName;

    /// <summary>Compiles a source without linking it. A warning is an error.</summary>
    public static void Check(string compiler, string standard, string source)
    {
        string file = Path.Combine(TakeFolder(), "source.c");
        File.WriteAllText(file, source);
        string language = string.Equals(compiler, "g++", StringComparison.Ordinal) ? "c++" : "c";
        Run(compiler, ["-fsyntax-only", "-x", language, .. Options(standard), file]);
    }

    /// <summary>Builds programs against the library, and returns the path of the program.</summary>
    public static string Build(string standard, params string[] sources)
    {
        string program = Path.Combine(TakeFolder(), "program");
        Run("gcc", [.. Options(standard), "-O1", "-g", .. sources, "-o", program, $"-L{Library}", "-lpaging", "-lpthread", "-ldl",
            $"-Wl,-rpath,{Library}"]);
        return program;
    }

    /// <summary>Builds a program of C++20 with paging.hpp, and a source of C, with an option. A warning is an error.</summary>
    public static string BuildCpp(string source, string option, string sourceOfC)
    {
        string folder = TakeFolder(), program = Path.Combine(folder, "program"), compiled = Path.Combine(folder, "c.o");
        Run("gcc", [.. Options("c99"), "-c", sourceOfC, "-o", compiled]);
        Run("g++", [.. Options("c++20"), "-g", option, source, compiled, "-o", program, $"-L{Library}", "-lpaging", "-lpthread",
            $"-Wl,-rpath,{Library}"]);
        return program;
    }

    /// <summary>Runs a program, which must end with 0, and returns what it printed.</summary>
    public static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = HeaderText.Root,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(), output = process.StandardOutput.ReadToEndAsync();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} gave {process.ExitCode}:\n{errors.Result}\n{output.Result}");
        return output.Result;
    }

    private static string[] Options(string standard) =>
        [$"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Werror", $"-I{Path.GetDirectoryName(HeaderText.Path)}"];

    private static string Publish()
    {
        Run("dotnet", "publish", Project, "-c", "Release", "--no-restore", "-v", "quiet", "-nodeReuse:false");
        return Path.Combine(HeaderText.Root, Project, "bin/Release/net10.0/linux-x64/publish");
    }
}

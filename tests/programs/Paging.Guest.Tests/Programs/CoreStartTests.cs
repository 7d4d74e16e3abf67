using System.Diagnostics;
using Paging.Core;
using Paging.Programs.Cores;
using Paging.Tests;

namespace Paging.Guest.Tests;

/// <summary>Core files go on as guests: of a guest, and of the host's kernel, whose programs enter calls by its vDSO.</summary>
[Trait("Category", "Slow")]
public sealed class CoreStartTests(BuiltPrograms programs) : IDisposable
{
    private const string Expected = "sum 678852528, third 0.333333\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void ACoreFileOfAGuestGoesOn()
    {
        RequiredProcessor.Check();
        string path = Path.Combine(_directory.Path, "core");
        Stopper stopper = new();
        using (GuestRunner first = new(_directory.Path, stopper))
        {
            stopper.Kernel = first.Kernel;
            Assert.Equal(Errno.None, first.Kernel.Start("/" + Install("resumed"), [], []));
            Assert.Equal(GuestEnd.Stopped, first.Kernel.Run().End);
            using FileStream file = File.Create(path);
            first.Kernel.WriteCore(first.Kernel.Threads[0], file);
        }

        AssertGoesOn(path);
    }

    /// <summary>SIGQUIT lets the host's kernel dump a sleeping program. setarch -3 keeps its memory below 3 GiB.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void ACoreFileOfTheHostsKernelGoesOn(bool isStatic)
    {
        RequiredProcessor.Check();
        string program = isStatic ? programs.Find("resumed") : BuildDynamic();
        if (File.ReadAllText("/proc/sys/kernel/core_pattern") is not "core\n") Assert.Skip("This host's core_pattern is not 'core'.");
        ProcessStartInfo start = new("sh", ["-c", $"ulimit -c unlimited && exec setarch i386 -3 '{program}'"])
        {
            WorkingDirectory = _directory.Path,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using (System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!)
        {
            if (process.StandardError.ReadLine() is not "sleeps") Assert.Skip("Core files or setarch are not allowed here.");
            using System.Diagnostics.Process kill = System.Diagnostics.Process.Start("kill", ["-QUIT", $"{process.Id}"]);
            process.WaitForExit();
        }

        string[] cores = [.. Directory.EnumerateFiles(_directory.Path, "core*")];
        if (cores.Length == 0) Assert.Skip("The host's kernel has written no core file.");
        AssertGoesOn(cores[0]);
    }

    private void AssertGoesOn(string path)
    {
        CoreImage image;
        using (CoreFile core = CoreFile.Open(path)) image = CoreImage.Of(core, OpenMapped);
        Assert.Empty(image.Missing);
        for (int run = 0; run < 2; run++)    // the image does not change
        {
            using GuestRunner second = new(_directory.Path, observer: null);
            Assert.Equal(Errno.None, second.Kernel.Start(image));
            Assert.Equal(new GuestOutcome(GuestEnd.Exited, 42), second.Kernel.Run());
            Assert.Empty(second.Kernel.Engine.Audit().Findings);
            Assert.Equal(Expected, second.Output);
        }
    }

    /// <summary>A guest's paths begin at its root, the host's do not.</summary>
    private FileStream? OpenMapped(string name)
    {
        string inRoot = Path.Join(_directory.Path, name);
        return File.Exists(inRoot) ? File.OpenRead(inRoot) : File.Exists(name) ? File.OpenRead(name) : null;
    }

    private string Install(string name)
    {
        File.Copy(programs.Find(name), Path.Combine(_directory.Path, name));
        return name;
    }

    private string BuildDynamic()
    {
        string program = Path.Combine(_directory.Path, "dynamic");
        string source = Path.Combine(BuiltSources.RepositoryRoot(), "tests", "programs", "sources", "resumed.c");
        using System.Diagnostics.Process compiler = System.Diagnostics.Process.Start("gcc", ["-m32", "-O1", "-o", program, source]);
        compiler.WaitForExit();
        if (compiler.ExitCode != 0) Assert.Skip("There is no gcc -m32 here: apt-get install gcc-multilib");
        return program;
    }

    /// <summary>Stops a program that has written that it sleeps.</summary>
    private sealed class Stopper : IGuestObserver
    {
        public GuestKernel? Kernel { get; set; }

        public void Started(PagingEngine engine)
        {
        }

        public void OnProgress(UserProcess process, string? call, long nanoseconds)
        {
            if (call is not null && call.StartsWith("write", StringComparison.Ordinal)) Kernel!.RequestStop();
        }
    }

    /// <summary>A machine whose standard output is a file.</summary>
    private sealed class GuestRunner : IDisposable
    {
        private readonly string _output;
        private readonly FileStream _file;

        public GuestRunner(string root, IGuestObserver? observer)
        {
            _output = Path.Combine(root, "output");
            _file = new(_output, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
            int descriptor = (int)_file.SafeFileHandle.DangerousGetHandle();
            Kernel = new(new()
            {
                Engine = new EngineOptions { RamBytes = 64 << 20 },
                Root = root,
                WorkingDirectory = "/",
                Pace = GuestPace.Code,
                Observer = observer,
                StandardStreams = [-1, descriptor, descriptor],
            });
        }

        public GuestKernel Kernel { get; }

        public string Output => File.ReadAllText(_output);

        public void Dispose()
        {
            Kernel.Dispose();
            _file.Dispose();
        }
    }
}

using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Paging.Cli;
using Paging.Guest.Tests;
using Paging.Tests;

namespace Paging.Programs.Tests;

/// <summary><c>paging fuzz</c>: spoken to as afl-fuzz speaks to a fork server, with a shell whose script is the input.</summary>
public sealed partial class FuzzCommandTests(BuiltPrograms programs) : IDisposable
{
    // The shell has looked at its own number, $$, before its input: there it is that of the process that all are copies of.
    private const string ReadNumber = "read me rest < /proc/self/stat";

    private readonly string _root = Directory.CreateTempSubdirectory("paging-fuzz-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Trait("Category", "Medium")]
    [Fact]
    public void EachInputIsARunWithItsStatusAndItsEdges()
    {
        using Fuzzer fuzzer = Start();
        Assert.Equal(0, fuzzer.ReadWord());    // the server is up, without options
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(7 << 8, fuzzer.Run("exit 7"));
            byte[] edges = fuzzer.Edges();
            Assert.Equal(11, fuzzer.Run($"{ReadNumber}; kill -SEGV $me"));
            Assert.Equal(0, fuzzer.Run("a=1; while [ $a -lt 9 ]; do a=$((a + 1)); done"));
            Assert.NotEqual(edges, fuzzer.Edges());
            Assert.Equal(7 << 8, fuzzer.Run("exit 7"));
            Assert.Equal(edges, fuzzer.Edges());
            Assert.Contains(edges, static count => count != 0);
        }
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("echo > $0.begun; while :; do :; done")]
    [InlineData($"{ReadNumber}; echo > $0.begun; kill -STOP $me")]
    public void AnInputThatTakesTooLongIsKilled(string script)
    {
        using Fuzzer fuzzer = Start();
        fuzzer.ReadWord();
        string begun = Path.Combine(_root, ".cur_input.begun");
        for (int round = 0; round < 2; round++)
        {
            int process = fuzzer.Begin(script);
            Assert.True(SpinWait.SpinUntil(() => File.Exists(begun), TimeSpan.FromMinutes(1)));    // the fuzzer's patience
            File.Delete(begun);
            using (Process standIn = Process.GetProcessById(process)) standIn.Kill();
            Assert.Equal(9, fuzzer.ReadWord());
            Assert.Equal(3 << 8, fuzzer.Run("exit 3"));
        }
    }

    /// <summary>afl-fuzz's time can be up just when a run has ended: it kills the process, and takes the status that is there.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void AKillThatComesTooLateDoesNotEndTheNextInput()
    {
        using Fuzzer fuzzer = Start();
        fuzzer.ReadWord();
        for (int round = 0; round < 30; round++)
        {
            int process = fuzzer.Begin("exit 3");
            Assert.Equal(3 << 8, fuzzer.ReadWord());
            using (Process standIn = Process.GetProcessById(process)) standIn.Kill();
            Assert.Equal(7 << 8, fuzzer.Run("exit 7", wasKilled: true));
        }
    }

    /// <summary>Whether the block's end is passed shows in no edge, so that a later input on a way without errors is not checked.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void WithChecksAnErrorWithMemoryEndsAnInputAsByAbort()
    {
        const int aborted = 6, asRead = 2 << 8;
        using Fuzzer fuzzer = StartFuzzed("--check", "memory");
        fuzzer.ReadWord();
        Assert.Equal(aborted, fuzzer.Run("m4"));
        Assert.Equal(aborted, fuzzer.Run("m9"));
        byte[] edges = fuzzer.Edges();
        Assert.Equal(asRead, fuzzer.Run("m3"));
        Assert.Equal(edges, fuzzer.Edges());
        Assert.Equal(asRead, fuzzer.Run("m4"));
        Assert.Equal(11, fuzzer.Run("!"));
        Assert.Equal(3 << 8, fuzzer.Run("e__x"));
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void WithoutChecksTheSameErrorIsNotSeen()
    {
        using Fuzzer fuzzer = StartFuzzed();
        fuzzer.ReadWord();
        Assert.Equal(2 << 8, fuzzer.Run("m4"));
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void TheCheckedRunReadsStandardInputFromItsBeginning()
    {
        using Fuzzer fuzzer = StartFuzzed(["--check", "memory"], hasFile: false);
        fuzzer.ReadWord();
        Assert.Equal(6, fuzzer.Run("m4"));
    }

    [Fact]
    public void AMistakeInTheArgumentsIsNamedInOneLine()
    {
        RequiredProcessor.Check();
        Assert.Equal("paging fuzz: there is no PROGRAM (see paging fuzz --help)\n", Refusal("fuzz"));
        Assert.Equal("paging fuzz: --root /nowhere: no such directory\n", Refusal("fuzz", "--root", "/nowhere", "a.out"));
        Assert.Equal("paging fuzz: afl-fuzz is to start it: afl-fuzz -i IN -o OUT -- paging fuzz PROGRAM @@\n", Refusal("fuzz", "a.out"));
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("paging fuzz: the program has ended (Exited, 0) before it used standard input\n", "true")]
    [InlineData("paging fuzz: --input in is not among the program's arguments\n", "true", "--input", "in")]
    [InlineData("paging fuzz: the input lies outside --root ROOT: /etc/hostname\n", "cat /etc/hostname", "--input", "/etc/hostname")]
    public void AProgramThatDoesNotUseItsInputIsNamedInOneLine(string line, string words, params string[] options)
    {
        using Fuzzer fuzzer = Start([.. options, "--root", _root, "/bin/busybox", .. words.Split(' ')]);
        Assert.Equal(line.Replace("ROOT", _root, StringComparison.Ordinal), fuzzer.Complaint());
    }

    private Fuzzer Start() => Start(["--root", _root, "/bin/busybox", "sh", Path.Combine(_root, ".cur_input")]);

    private Fuzzer StartFuzzed(params string[] options) => StartFuzzed(options, hasFile: true);

    /// <summary>Starts <c>tests/programs/sources/fuzzed.c</c> with an input file, or on standard input.</summary>
    private Fuzzer StartFuzzed(string[] options, bool hasFile)
    {
        RequiredProcessor.Check();
        File.Copy(programs.Find("fuzzed"), Path.Combine(_root, "fuzzed"), overwrite: true);
        string input = Path.Combine(_root, ".cur_input");
        return new(input, [.. options, "--root", _root, "/fuzzed", .. hasFile ? [input] : Array.Empty<string>()]);
    }

    private Fuzzer Start(string[] words)
    {
        string busybox = Path.Combine(Environment.GetEnvironmentVariable("PAGING_I386") ?? "", "bin", "busybox");
        Assert.SkipUnless(File.Exists(busybox), "There is no busybox for i386: tools/get-i386.sh fetches it, or set PAGING_I386.");
        RequiredProcessor.Check();
        Directory.CreateDirectory(Path.Combine(_root, "bin"));
        File.Copy(busybox, Path.Combine(_root, "bin", "busybox"), overwrite: true);
        return new(Path.Combine(_root, ".cur_input"), words);
    }

    private static string Refusal(params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        int code = CommandLine.Run(arguments, output, errors, static _ => throw new InvalidOperationException());
        Assert.Equal((ExitCode.Unusable, ""), (code, output.ToString()));
        return errors.ToString();
    }

    /// <summary>The fuzzer's side: two pipes at descriptors 198 and 199, a file, a map.</summary>
    private sealed partial class Fuzzer : IDisposable
    {
        private const int MapLength = 1 << 16, Create = 0x200, OwnerOnly = 0x180, Remove = 0;
        private readonly string _input;
        private readonly Process _server;
        private readonly int _segment;
        private readonly nint _map;

        public Fuzzer(string input, string[] words)
        {
            _input = input;
            File.WriteAllText(input, "");
            _segment = GetShared(0, MapLength, Create | OwnerOnly);
            _map = Attach(_segment, 0, 0);
            ProcessStartInfo start = new("bash",
                ["-c", "exec dotnet \"$@\" 198<&0 199>&1 < \"$0\" > /dev/null", input, typeof(CommandLine).Assembly.Location, "fuzz",
                    .. words])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["__AFL_SHM_ID"] = $"{_segment}";
            _server = Process.Start(start)!;
        }

        public int ReadWord()
        {
            Span<byte> word = stackalloc byte[4];
            _server.StandardOutput.BaseStream.ReadExactly(word);
            return BinaryPrimitives.ReadInt32LittleEndian(word);
        }

        /// <summary>Starts a run, and returns the process to kill if it takes too long.</summary>
        /// <param name="input">The program's input.</param>
        /// <param name="wasKilled">True: the process of the run before was killed.</param>
        public int Begin(string input, bool wasKilled = false)
        {
            File.WriteAllText(_input, input);
            Marshal.Copy(new byte[MapLength], 0, _map, MapLength);
            _server.StandardInput.BaseStream.Write([wasKilled ? (byte)1 : (byte)0, 0, 0, 0]);
            _server.StandardInput.BaseStream.Flush();
            return ReadWord();
        }

        public int Run(string input, bool wasKilled = false)
        {
            Begin(input, wasKilled);
            return ReadWord();
        }

        public byte[] Edges() => Bytes();

        public string Complaint() => _server.StandardError.ReadToEnd();

        public void Dispose()
        {
            _server.StandardInput.Close();
            Assert.True(_server.WaitForExit(TimeSpan.FromMinutes(1)));
            _server.Dispose();
            _ = Detach(_map);
            _ = ControlShared(_segment, Remove, 0);
        }

        private byte[] Bytes()
        {
            byte[] bytes = new byte[MapLength];
            Marshal.Copy(_map, bytes, 0, MapLength);
            return bytes;
        }

        [LibraryImport("libc", EntryPoint = "shmget")]
        private static partial int GetShared(int key, nuint length, int flags);

        [LibraryImport("libc", EntryPoint = "shmat")]
        private static partial nint Attach(int segment, nint address, int flags);

        [LibraryImport("libc", EntryPoint = "shmdt")]
        private static partial int Detach(nint address);

        [LibraryImport("libc", EntryPoint = "shmctl")]
        private static partial int ControlShared(int segment, int request, nint argument);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace Paging.Pictures.Tests;

/// <summary>The built command on a real terminal: a pair of devices, one for the command and one for a test.</summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    private const string Master = "/dev/ptmx";
    private const nuint Unlock = 0x4004_5431, GetNumber = 0x8004_5430, SetSize = 0x5414;    // TIOCSPTLCK, TIOCGPTN, TIOCSWINSZ
    private const int WaitMilliseconds = 60_000;

    private readonly FileStream _master;
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Thread _reader;
    private int _read;

    /// <summary>Starts <c>paging</c>.</summary>
    public PseudoTerminal(int columns, int rows, string arguments, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(Master), "This host has no /dev/ptmx.");
        SafeFileHandle handle = File.OpenHandle(Master, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        int descriptor = (int)handle.DangerousGetHandle();    // open as long as _master
        int locked = 0, number = 0;
        ulong size = ((ulong)(ushort)columns << 16) | (ushort)rows;    // struct winsize: four numbers of 16 bits
        Assert.Equal(0, Control(descriptor, Unlock, ref locked));
        Assert.Equal(0, Control(descriptor, GetNumber, ref number));
        Assert.Equal(0, Control(descriptor, SetSize, ref size));
        _master = new FileStream(handle, FileAccess.ReadWrite, bufferSize: 0);
        string device = string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{number}");
        string program = Path.Combine(AppContext.BaseDirectory, "paging.dll");
        ProcessStartInfo start = DefaultSignals.For("sh", "-c", $"exec dotnet '{program}' {arguments} <{device} >{device} 2>&1");
        start.WorkingDirectory = Path.GetTempPath();
        foreach (string name in (ReadOnlySpan<string>)["NO_COLOR", "COLORTERM"]) start.Environment.Remove(name);
        start.Environment["TERM"] = "xterm-256color";
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _reader = new(Read) { IsBackground = true };
        _reader.Start();
    }

    /// <summary>All that was written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>Presses keys.</summary>
    public void Press(string keys)
    {
        _read = Output.Length;
        _master.Write(Encoding.UTF8.GetBytes(keys));
    }

    /// <summary>Waits until the screen that was drawn since the last key has these words, and returns its lines.</summary>
    public string[] WaitFor(string words)
    {
        Stopwatch watch = Stopwatch.StartNew();
        lock (_output)
        {
            while (watch.ElapsedMilliseconds < WaitMilliseconds)
            {
                if (LastScreen(_output.ToString(_read, _output.Length - _read)) is { } screen
                    && screen.Contains(words, StringComparison.Ordinal))
                    return screen.Replace("\r", "", StringComparison.Ordinal).Split('\n');    // the terminal itself adds one more
                Monitor.Wait(_output, WaitMilliseconds);    // until more comes
            }
        }

        throw new TimeoutException($"'{words}' did not appear:\n{Plain(Output)}");
    }

    /// <summary>Sends the command a signal.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", ["-s", name, $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits until the command has ended, and returns its exit code.</summary>
    public int WaitForEnd()
    {
        Assert.True(_process.WaitForExit(WaitMilliseconds), $"The command goes on:\n{Plain(Output)}");
        _reader.Join();
        return _process.ExitCode;
    }

    /// <summary>The text without escape sequences.</summary>
    public static string Plain(string text) => Escapes().Replace(text, "");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _reader.Join();
        _process.Dispose();
        _master.Dispose();
    }

    /// <summary>The last whole screen of an output, without escape sequences; null if there is none.</summary>
    private static string? LastScreen(string output)
    {
        int end = output.LastIndexOf("\u001b[J", StringComparison.Ordinal);
        int start = end < 0 ? -1 : output.LastIndexOf("\u001b[H", end, StringComparison.Ordinal);
        return start < 0 ? null : Plain(output[start..end]);
    }

    private void Read()
    {
        byte[] bytes = new byte[4096];
        char[] characters = new char[4096];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        try
        {
            int count;
            while ((count = _master.Read(bytes)) > 0)
            {
                int decoded = decoder.GetChars(bytes, 0, count, characters, 0);
                lock (_output)
                {
                    _output.Append(characters, 0, decoded);
                    Monitor.PulseAll(_output);
                }
            }
        }
        catch (IOException)
        {
            // EIO: the command has closed its side
        }
    }

    [DllImport("libc", EntryPoint = "ioctl"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int descriptor, nuint request, ref int value);

    [DllImport("libc", EntryPoint = "ioctl"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int descriptor, nuint request, ref ulong value);

    [GeneratedRegex("\u001b(\\[[0-9;?]*[A-Za-z]|[=>])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Escapes();
}

using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Paging.Cli;

/// <summary>The process's standard streams, which may be closed.</summary>
/// <remarks>
/// If a stream was closed, the runtime's own files may have its descriptor by now. They are told apart by O_CLOEXEC, which inherited
/// descriptors do not have. Linux: proc_pid_fdinfo(5).
/// </remarks>
internal static class StandardStreams
{
    private const int Input = 0, Output = 1, Errors = 2;
    private const long CloseOnExec = 0x8_0000, NonBlocking = 0x800;    // O_CLOEXEC, O_NONBLOCK

    /// <summary>Standard input. A closed one is at its end.</summary>
    public static Stream OpenInput() => IsInherited(Input) ? Console.OpenStandardInput() : Stream.Null;

    /// <summary>Standard output, for bytes. A closed one refuses every byte, and a pipe without a reader reports EPIPE.</summary>
    public static Stream OpenOutputBytes() =>
        !IsInherited(Output) ? new ClosedOutput() : BlockingPipe(Output) ?? Console.OpenStandardOutput();

    /// <summary>Standard output. A closed one refuses every byte, as a full disk does.</summary>
    /// <remarks>The command flushes it. It is never disposed: a second write to a full disk would fail again.</remarks>
    public static TextWriter OpenOutput(bool isFlushed)
    {
        Stream stream = !IsInherited(Output) ? new ClosedOutput() : Plain(Output) ?? Console.OpenStandardOutput();
        return new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16)
        {
            AutoFlush = isFlushed,
        };
    }

    /// <summary>Standard error. Failed writes are ignored, as they cannot be reported.</summary>
    public static TextWriter OpenErrors() => !IsInherited(Errors) ? TextWriter.Null
        : new ErrorWriter(TextWriter.Synchronized(new StreamWriter(Plain(Errors) ?? Console.OpenStandardError(),
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false))
        { AutoFlush = true }));

    /// <summary>The descriptor itself, if NO_COLOR is set; null for the runtime's stream, which waits if a pipe is full.</summary>
    /// <remarks>Before its first byte the runtime's stream sends the terminal a sequence that switches the keypad.</remarks>
    private static FileStream? Plain(int descriptor) =>
        OperatingSystem.IsLinux() && !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && !(descriptor == Output ? Console.IsOutputRedirected : Console.IsErrorRedirected)
            ? new(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0) : null;

    /// <summary>The descriptor itself if it is a pipe whose writes wait, otherwise null.</summary>
    /// <remarks>The runtime's stream ignores EPIPE, so that an endless writer would never end.</remarks>
    private static FileStream? BlockingPipe(int descriptor)
    {
        if (!OperatingSystem.IsLinux() || FlagsOf(descriptor) is not { } flags || (flags & NonBlocking) != 0) return null;
        FileStream stream = new(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? null : stream;    // in a file it would keep a position of its own, apart from that of other writers
    }

    private static bool IsInherited(int descriptor) =>
        !OperatingSystem.IsLinux() || !Directory.Exists("/proc/self/fdinfo") || (FlagsOf(descriptor) & CloseOnExec) == 0;

    /// <summary>The flags of open(2), or null if there is no such descriptor.</summary>
    private static long? FlagsOf(int descriptor)
    {
        try
        {
            string flags = File.ReadLines($"/proc/self/fdinfo/{descriptor}").First(static line => line.StartsWith("flags:",
                StringComparison.Ordinal));
            return Convert.ToInt64(flags["flags:".Length..].Trim(), 8);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>A writer that ignores errors.</summary>
    private sealed class ErrorWriter(TextWriter inner) : TextWriter
    {
        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => Write([value]);

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(string? value) => Write(value.AsSpan());

        public override void Write(ReadOnlySpan<char> buffer)
        {
            try
            {
                inner.Write(buffer);
                inner.Flush();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // EBADF, EPIPE, ENOSPC: the error cannot be reported
            }
        }
    }

    /// <summary>Standard output of a process that was started without one.</summary>
    private sealed class ClosedOutput : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("Bad file descriptor");
    }
}

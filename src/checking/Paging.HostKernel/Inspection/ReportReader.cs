using System.Text;
using Microsoft.Win32.SafeHandles;
using Paging.HostKernel.Interop;

namespace Paging.HostKernel.Inspection;

/// <summary>Reads the text files of /proc from the start, again and again, into one buffer that grows.</summary>
internal sealed class ReportReader
{
    private byte[] _bytes = new byte[1 << 14];
    private char[] _characters = new char[1 << 14];

    /// <summary>The file's text as it is now. Valid until the next call.</summary>
    // SAFETY: the buffer is pinned during the call, and its rest is passed as the length.
    internal unsafe ReadOnlySpan<char> Read(SafeFileHandle file)
    {
        int length = 0;
        while (true)
        {
            if (length == _bytes.Length) Array.Resize(ref _bytes, 2 * length);
            nint count;
            fixed (byte* buffer = _bytes)
                count = LibC.ReadAt((int)file.DangerousGetHandle(), buffer + length, (nuint)(_bytes.Length - length), length);
            if (count < 0) throw LibC.Failed("reading /proc");
            if (count == 0) break;
            length += (int)count;
        }
        if (_characters.Length < length) _characters = new char[_bytes.Length];
        return _characters.AsSpan(0, Encoding.UTF8.GetChars(_bytes.AsSpan(0, length), _characters));
    }
}

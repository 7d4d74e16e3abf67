using Paging.Core;
using Paging.Testing.Checks;
using Xunit;

namespace Paging.Samples;

/// <summary>A file system of one's own, tested in a few lines: it stores bytes upside down.</summary>
public sealed class FileSystemSample
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void WhatIsWrittenIsReadBack(int seed)
    {
        using InvertedBacking backing = new();
        FileBackingCheck.Run(backing, (ulong)seed);
    }

    internal sealed class InvertedBacking : IFileBacking
    {
        private byte[] _stored = [];

        public long ByteLength => _stored.Length;

        public Errno Read(long offset, Span<byte> destination, out int byteCount)
        {
            byteCount = (int)Math.Clamp(_stored.Length - offset, 0, destination.Length);
            for (int i = 0; i < byteCount; i++) destination[i] = (byte)~_stored[(int)offset + i];
            return Errno.None;
        }

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
        {
            byteCount = source.Length;
            if (offset + byteCount > _stored.Length) SetLength(offset + byteCount);
            for (int i = 0; i < byteCount; i++) _stored[(int)offset + i] = (byte)~source[i];
            return Errno.None;
        }

        public Errno SetLength(long byteLength)
        {
            int before = _stored.Length;
            Array.Resize(ref _stored, (int)byteLength);
            for (int i = before; i < _stored.Length; i++) _stored[i] = 0xFF;    // reads as zero
            return Errno.None;
        }

        public Errno Flush() => Errno.None;

        public void Dispose() => GC.SuppressFinalize(this);
    }
}

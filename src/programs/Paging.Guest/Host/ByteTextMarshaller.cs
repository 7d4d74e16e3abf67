using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>Hands <see cref="Abi.ByteText"/> to the C library: its bytes and a zero.</summary>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(Outgoing))]
internal static class ByteTextMarshaller
{
    /// <summary>One argument of one call.</summary>
    public ref struct Outgoing
    {
        private Span<byte> _bytes;

        /// <summary>What the caller provides on its stack. A path of a program is below 4096 bytes.</summary>
        public static int BufferSize => 512;

        public void FromManaged(string text, Span<byte> buffer)
        {
            _bytes = text.Length < buffer.Length ? buffer : new byte[text.Length + 1];
            _bytes[Encoding.Latin1.GetBytes(text, _bytes)] = 0;
        }

        /// <summary>Pins the bytes during the call.</summary>
        public readonly ref byte GetPinnableReference() => ref MemoryMarshal.GetReference(_bytes);

        /// <summary>Nothing to give back: the bytes lie on the caller's stack, or are the collector's.</summary>
        public readonly void Free() { }

        /// <summary>Safe: the caller has pinned the bytes, or they lie on its stack.</summary>
        public readonly unsafe byte* ToUnmanaged() => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref GetPinnableReference());
    }
}

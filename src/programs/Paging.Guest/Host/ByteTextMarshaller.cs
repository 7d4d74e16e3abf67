using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;

namespace Paging.Guest.Host;

/// <summary>Passes <see cref="Abi.ByteText"/> to the C library: its bytes and a zero.</summary>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(Outgoing))]
internal static class ByteTextMarshaller
{
    /// <summary>An argument of a call.</summary>
    public ref struct Outgoing
    {
        private Span<byte> _bytes;

        /// <summary>The buffer on the caller's stack. Longer paths (up to 4095 bytes) are allocated.</summary>
        public static int BufferSize => 512;

        public void FromManaged(string text, Span<byte> buffer)
        {
            _bytes = text.Length < buffer.Length ? buffer : new byte[text.Length + 1];
            _bytes[Encoding.Latin1.GetBytes(text, _bytes)] = 0;
        }

        /// <summary>Pins the bytes during the call.</summary>
        public readonly ref byte GetPinnableReference() => ref MemoryMarshal.GetReference(_bytes);

        /// <summary>Frees nothing: the bytes are on the caller's stack, or managed.</summary>
        public readonly void Free() { }

        /// <summary>SAFETY: the caller has pinned the bytes, or they lie on its stack.</summary>
        public readonly unsafe byte* ToUnmanaged() => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref GetPinnableReference());
    }
}

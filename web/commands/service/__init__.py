"""The service: started whole or process by process, its sample data, and its worker."""
